"""Who may come in, by which name, and what a browser may load."""

import logging
from pathlib import Path
from typing import Any

import pytest

from parfocal.dashboard import make_app
from parfocal.dashboard.access import Door

TOKEN = "a-token-of-the-test"
HOST = "http://127.0.0.1:8050"


def client(path: Path, **options: Any) -> Any:
    app = make_app(str(path), token=TOKEN, **options)
    return app.server.test_client()


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/study/x",
        "/_dash-layout",
        "/_dash-dependencies",
        "/assets/style.css",
        "/nothing",
        "/?token=wrong",
        "/?token=",
    ],
)
def test_nothing_is_shown_without_the_token(finished: Path, address: str) -> None:
    answer = client(finished).get(address, base_url=HOST)
    assert answer.status_code == 401
    assert "token" in answer.text
    assert "nuclei" not in answer.text
    assert TOKEN not in answer.text


def test_a_callback_without_the_token_is_refused(finished: Path) -> None:
    answer = client(finished).post("/_dash-update-component", json={}, base_url=HOST)
    assert answer.status_code == 401


def test_the_right_token_becomes_a_cookie_and_leaves_the_address(finished: Path) -> None:
    app = client(finished)
    answer = app.get(f"/study/spots?a=1&token={TOKEN}", base_url=HOST)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/study/spots?a=1"
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    assert TOKEN not in cookie
    assert app.get("/study/spots", base_url=HOST).status_code == 200
    assert app.get("/_dash-layout", base_url=HOST).status_code == 200


def test_behind_tls_the_cookie_is_secure(finished: Path) -> None:
    answer = client(finished).get(f"/?token={TOKEN}", base_url=HOST, headers={"X-Forwarded-Proto": "https"})
    assert "Secure" in answer.headers["Set-Cookie"]


def test_cookies_of_two_dashboards_of_one_host_have_two_names() -> None:
    assert Door("a").cookie != Door("b").cookie


def test_the_cookie_of_another_dashboard_is_refused(finished: Path) -> None:
    app, other = client(finished), Door("another token")
    app.set_cookie(Door(TOKEN).cookie, other._secret, domain="127.0.0.1")
    assert app.get("/", base_url=HOST).status_code == 401


@pytest.mark.parametrize("path", ["//evil.example/x", "/\\evil.example"])
def test_the_redirect_stays_on_this_server(finished: Path, path: str) -> None:
    answer = client(finished).get(f"{path}?token={TOKEN}", base_url=HOST)
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/")
    assert not answer.headers["Location"].startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8050", "127.0.0.1.evil.example:8050", "localhost.evil.example", ""]
)
def test_a_name_that_is_not_ours_is_refused_even_with_the_token(finished: Path, host: str) -> None:
    answer = client(finished).get(f"/?token={TOKEN}", headers={"Host": host})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8050", "localhost:9000", "LOCALHOST", "[::1]:8050", "10.0.0.7", "hub.example.org"]
)
def test_our_own_names(finished: Path, host: str) -> None:
    answer = client(finished, hosts=("hub.example.org",)).get(f"/?token={TOKEN}", headers={"Host": host})
    assert answer.status_code == 303


def test_a_page_of_another_site_cannot_send_anything(finished: Path) -> None:
    app = client(finished)
    app.get(f"/?token={TOKEN}", base_url=HOST)
    answer = app.post("/_dash-update-component", json={}, base_url=HOST, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_browsers_are_told_to_load_nothing_from_elsewhere(finished: Path) -> None:
    app = client(finished)
    app.get(f"/?token={TOKEN}", base_url=HOST)
    answer = app.get("/", base_url=HOST)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "script-src 'self' 'unsafe-eval' 'sha256-" in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "https://" not in answer.text


def test_the_token_is_in_no_log(
    finished: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    app = client(finished)
    with caplog.at_level(logging.DEBUG):
        app.get(f"/?token={TOKEN}", base_url=HOST)
        app.get(f"/study/nothing?token={TOKEN}", base_url=HOST)
    out, err = capfd.readouterr()
    assert TOKEN not in caplog.text + out + err
    assert TOKEN not in repr(Door(TOKEN))


@pytest.mark.parametrize("left", [True, False])
def test_a_prefix_that_a_proxy_takes_away_or_leaves(finished: Path, left: bool) -> None:
    app = client(finished, prefix="/user/me/proxy/8050/")
    path = "/user/me/proxy/8050/study/spots" if left else "/study/spots"
    answer = app.get(f"{path}?token={TOKEN}", base_url=HOST)
    assert answer.headers["Location"] == "/user/me/proxy/8050/study/spots"
    assert "Path=/user/me/proxy/8050/" in answer.headers["Set-Cookie"]

from parfocal.cli import main

main()

"""From histories to frozen tables of numbers: every figure and sentence of a report is drawn from one of these."""

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.analysis.best import Best, Gain, best, gain
from parfocal.analysis.blocks import Plan
from parfocal.analysis.cells import Cells
from parfocal.analysis.choice import Choice, Rank, choice, rank
from parfocal.analysis.comparison import Comparison, Problem, compare
from parfocal.analysis.convergence import Convergence, convergence, incumbents, thin
from parfocal.analysis.coordinates import axes_of, coordinates_of
from parfocal.analysis.differences import Difference, changed, differences
from parfocal.analysis.effort import Along, stamps, ways
from parfocal.analysis.failure_map import FailureMap, FailurePlane, FailureShare, failure_map
from parfocal.analysis.failure_rule import Condition, Rule, failure_rule
from parfocal.analysis.failures import Failure, failures
from parfocal.analysis.fairness import Caveat, fairness
from parfocal.analysis.fidelities import RankCorrelation, curve_correlation, rank_correlation
from parfocal.analysis.finals import Finals, finals
from parfocal.analysis.image_scores import ImageScores, image_scores
from parfocal.analysis.importance import Importance, importance
from parfocal.analysis.improvement import Improvement, improvement
from parfocal.analysis.infimum import Infimum, infimum, project, project_grid
from parfocal.analysis.influence import Influence, influence
from parfocal.analysis.listing import Listing, listing, where
from parfocal.analysis.matrix import Matrix, matrix, task_loss
from parfocal.analysis.members import Share, members
from parfocal.analysis.modelled import Modelled, modelled
from parfocal.analysis.paired import Paired, paired
from parfocal.analysis.pairwise import Pairwise, pairwise
from parfocal.analysis.parallel import Lane, Parallel, parallel
from parfocal.analysis.pareto import Pareto, pareto
from parfocal.analysis.pca import Pca, pca
from parfocal.analysis.per_image import GroupScore, PerImage, per_image
from parfocal.analysis.prior import Priors, priors
from parfocal.analysis.probing import Judged, Probe, judged, probes, separate
from parfocal.analysis.profiles import Profile, profiles
from parfocal.analysis.profilewords import loses, profile_sentence, within_text
from parfocal.analysis.ranks import Ranks, ranks, ranks_of
from parfocal.analysis.recommendation import Recommendation, recommendation
from parfocal.analysis.regret import Regret, regrets
from parfocal.analysis.repeated import RepeatedGain, repeated_gain
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Accessor, Histories, Run, as_runs
from parfocal.analysis.runtimes import Runtimes, runtimes
from parfocal.analysis.sensitivity import Effect, Sensitivity, one_at_a_time, sensitivity
from parfocal.analysis.separability import Pair, Separability, separability
from parfocal.analysis.sidebyside import SideBySide, score_names, side_by_side
from parfocal.analysis.significance import Friedman, Kruskal, friedman, kruskal
from parfocal.analysis.slices import Slice, slices
from parfocal.analysis.spans import Spans, spans, spans_of
from parfocal.analysis.summary import Summary, summarize
from parfocal.analysis.surface import Points, Surface, pairs, surface
from parfocal.analysis.timeline import Bars, Busy, Timeline, timeline
from parfocal.analysis.trails import Trail, presentable, trails
from parfocal.analysis.trajectories import Entry, Trajectory
from parfocal.analysis.volume import Volume, volume

__all__ = [
    "Accessor",
    "Along",
    "Axis",
    "Bars",
    "Best",
    "Busy",
    "Caveat",
    "Cells",
    "Choice",
    "Comparison",
    "Condition",
    "Convergence",
    "Difference",
    "Effect",
    "Entry",
    "Failure",
    "FailureMap",
    "FailurePlane",
    "FailureShare",
    "Finals",
    "Friedman",
    "Gain",
    "GroupScore",
    "Histories",
    "INACTIVE",
    "ImageScores",
    "Importance",
    "Improvement",
    "Infimum",
    "Influence",
    "Judged",
    "Kruskal",
    "Lane",
    "Listing",
    "Matrix",
    "Modelled",
    "Pair",
    "Paired",
    "Pairwise",
    "Parallel",
    "Pareto",
    "Pca",
    "PerImage",
    "Plan",
    "Points",
    "Priors",
    "Probe",
    "Problem",
    "Profile",
    "Rank",
    "RankCorrelation",
    "Ranks",
    "Recommendation",
    "Regret",
    "RepeatedGain",
    "Rows",
    "Rule",
    "Run",
    "Runtimes",
    "Sensitivity",
    "Separability",
    "Share",
    "SideBySide",
    "Slice",
    "Spans",
    "Summary",
    "Surface",
    "Timeline",
    "Trail",
    "Trajectory",
    "Volume",
    "as_runs",
    "axes_of",
    "best",
    "changed",
    "choice",
    "compare",
    "convergence",
    "coordinates_of",
    "curve_correlation",
    "differences",
    "failure_map",
    "failure_rule",
    "failures",
    "fairness",
    "finals",
    "friedman",
    "gain",
    "image_scores",
    "importance",
    "improvement",
    "incumbents",
    "infimum",
    "influence",
    "judged",
    "kruskal",
    "listing",
    "loses",
    "matrix",
    "members",
    "modelled",
    "one_at_a_time",
    "paired",
    "pairs",
    "pairwise",
    "parallel",
    "pareto",
    "pca",
    "per_image",
    "presentable",
    "priors",
    "probes",
    "profile_sentence",
    "profiles",
    "project",
    "project_grid",
    "rank",
    "rank_correlation",
    "ranks",
    "ranks_of",
    "recommendation",
    "regrets",
    "repeated_gain",
    "rows_of",
    "runtimes",
    "score_names",
    "sensitivity",
    "separability",
    "separate",
    "side_by_side",
    "slices",
    "spans",
    "spans_of",
    "stamps",
    "summarize",
    "surface",
    "task_loss",
    "thin",
    "timeline",
    "trails",
    "volume",
    "ways",
    "where",
    "within_text",
]

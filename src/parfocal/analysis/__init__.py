"""From histories to frozen tables of numbers: every figure and sentence of a report is drawn from one of these."""

from parfocal.analysis.axes import INACTIVE, Axis
from parfocal.analysis.best import Best, Gain, best, gain
from parfocal.analysis.cells import Cells
from parfocal.analysis.convergence import Convergence, convergence, incumbents, thin
from parfocal.analysis.coordinates import axes_of, coordinates_of
from parfocal.analysis.failures import Failure, failures
from parfocal.analysis.improvement import Improvement, improvement
from parfocal.analysis.infimum import Infimum, infimum, project, project_grid
from parfocal.analysis.influence import Influence, influence
from parfocal.analysis.matrix import Matrix, matrix, task_loss
from parfocal.analysis.members import Share, members
from parfocal.analysis.parallel import Lane, Parallel, parallel
from parfocal.analysis.pareto import Pareto, pareto
from parfocal.analysis.pca import Pca, pca
from parfocal.analysis.profiles import Profile, profiles
from parfocal.analysis.profilewords import profile_sentence
from parfocal.analysis.recommendation import Recommendation, recommendation
from parfocal.analysis.rows import Rows, rows_of
from parfocal.analysis.runs import Accessor, Histories, Run, as_runs
from parfocal.analysis.slices import Slice, slices
from parfocal.analysis.spans import Spans, spans, spans_of
from parfocal.analysis.summary import Summary, summarize
from parfocal.analysis.surface import Points, Surface, pairs, surface
from parfocal.analysis.timeline import Bars, Busy, Timeline, timeline
from parfocal.analysis.trails import Trail, presentable, trails

__all__ = [
    "Accessor",
    "Axis",
    "Bars",
    "Best",
    "Busy",
    "Cells",
    "Convergence",
    "Failure",
    "Gain",
    "Histories",
    "INACTIVE",
    "Improvement",
    "Infimum",
    "Influence",
    "Lane",
    "Matrix",
    "Parallel",
    "Pareto",
    "Pca",
    "Points",
    "Profile",
    "Recommendation",
    "Rows",
    "Run",
    "Share",
    "Slice",
    "Spans",
    "Summary",
    "Surface",
    "Timeline",
    "Trail",
    "as_runs",
    "axes_of",
    "best",
    "convergence",
    "coordinates_of",
    "failures",
    "gain",
    "improvement",
    "incumbents",
    "infimum",
    "influence",
    "matrix",
    "members",
    "pairs",
    "parallel",
    "pareto",
    "pca",
    "presentable",
    "profile_sentence",
    "profiles",
    "project",
    "project_grid",
    "recommendation",
    "rows_of",
    "slices",
    "spans",
    "spans_of",
    "summarize",
    "surface",
    "task_loss",
    "thin",
    "timeline",
    "trails",
]

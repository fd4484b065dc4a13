"""What can be cited: one literal table of sources, written as BibTeX wants them.

A key is the first author's surname in lower case with the year, so that the sources that the zoo names
(``Hansen & Ostermeier 2001``) are found here without another table. Fields that are not certain are left out.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Source:
    """One source.

    Attributes
    ----------
    kind
        Type of the BibTeX entry.
    author
        Authors (of ``kind="proceedings"`` and edited books: editors), separated by `` and ``.
    title, where, year
        Title; journal, proceedings, publisher or place; year.
    volume
        Volume of a journal; empty where there is none.
    edited
        Whether ``author`` names editors.
    """

    kind: Literal["article", "inproceedings", "book", "misc"]
    author: str
    title: str
    where: str
    year: int
    volume: str = ""
    edited: bool = False


_ICML = "Proceedings of the International Conference on Machine Learning (ICML)"
_NIPS = "Advances in Neural Information Processing Systems"
_GECCO = "Proceedings of the Genetic and Evolutionary Computation Conference (GECCO)"
_KDD = "Proceedings of the ACM SIGKDD International Conference on Knowledge Discovery and Data Mining"
_UAI = "Proceedings of the Conference on Uncertainty in Artificial Intelligence (UAI)"
_JMLR = "Journal of Machine Learning Research"
_TEC = "IEEE Transactions on Evolutionary Computation"
_JGO = "Journal of Global Optimization"

SOURCES: dict[str, Source] = {
    # framework and packages
    "ritter2019": Source(
        "article", "Ritter, Christian and Wollmann, Thomas and others",
        "Hyperparameter Optimization for Image Analysis: Application to Prostate Tissue Images and Live Cell Data of "
        "Virus-Infected Cells",
        "International Journal of Computer Assisted Radiology and Surgery", 2019, "14",
    ),
    "harris2020": Source(
        "article", "Harris, Charles R. and others", "Array Programming with {NumPy}", "Nature", 2020, "585",
    ),
    "virtanen2020": Source(
        "article", "Virtanen, Pauli and others",
        "{SciPy} 1.0: Fundamental Algorithms for Scientific Computing in {Python}", "Nature Methods", 2020, "17",
    ),
    "pedregosa2011": Source(
        "article", "Pedregosa, Fabian and others", "Scikit-learn: Machine Learning in {Python}", _JMLR, 2011, "12",
    ),
    "nomura2024": Source(
        "misc", "Nomura, Masahiro and Shibata, Masashi",
        "cmaes: A Simple yet Practical {Python} Library for {CMA-ES}", "arXiv:2402.01373", 2024,
    ),
    # draws
    "bergstra2012": Source(
        "article", "Bergstra, James and Bengio, Yoshua", "Random Search for Hyper-Parameter Optimization",
        _JMLR, 2012, "13",
    ),
    "owen1998": Source(
        "article", "Owen, Art B.", "Scrambling {Sobol'} and {Niederreiter-Xing} Points", "Journal of Complexity",
        1998, "14",
    ),
    "mckay1979": Source(
        "article", "McKay, Michael D. and Beckman, Richard J. and Conover, William J.",
        "A Comparison of Three Methods for Selecting Values of Input Variables in the Analysis of Output from a "
        "Computer Code", "Technometrics", 1979, "21",
    ),
    "halton1960": Source(
        "article", "Halton, John H.",
        "On the Efficiency of Certain Quasi-Random Sequences of Points in Evaluating Multi-Dimensional Integrals",
        "Numerische Mathematik", 1960, "2",
    ),
    "owen2017": Source("misc", "Owen, Art B.", "A Randomized {Halton} Algorithm in {R}", "arXiv:1706.02808", 2017),
    "roberts2018": Source(
        "misc", "Roberts, Martin", "The Unreasonable Effectiveness of Quasirandom Sequences", "extremelearning.com.au",
        2018,
    ),
    "hoos2004": Source(
        "book", r'Hoos, Holger H. and St{\"u}tzle, Thomas', "Stochastic Local Search: Foundations and Applications",
        "Morgan Kaufmann", 2004,
    ),
    # models and what is asked of them
    "jones1998": Source(
        "article", "Jones, Donald R. and Schonlau, Matthias and Welch, William J.",
        "Efficient Global Optimization of Expensive Black-Box Functions", _JGO, 1998, "13",
    ),
    "rasmussen2006": Source(
        "book", "Rasmussen, Carl Edward and Williams, Christopher K. I.", "Gaussian Processes for Machine Learning",
        "MIT Press", 2006,
    ),
    "snoek2012": Source(
        "inproceedings", "Snoek, Jasper and Larochelle, Hugo and Adams, Ryan P.",
        "Practical {Bayesian} Optimization of Machine Learning Algorithms", _NIPS, 2012,
    ),
    "ament2023": Source(
        "inproceedings",
        "Ament, Sebastian and Daulton, Samuel and Eriksson, David and Balandat, Maximilian and Bakshy, Eytan",
        "Unexpected Improvements to Expected Improvement for {Bayesian} Optimization", _NIPS, 2023,
    ),
    "srinivas2010": Source(
        "inproceedings", "Srinivas, Niranjan and Krause, Andreas and Kakade, Sham and Seeger, Matthias",
        "Gaussian Process Optimization in the Bandit Setting: No Regret and Experimental Design", _ICML, 2010,
    ),
    "wang2017": Source(
        "inproceedings", "Wang, Zi and Jegelka, Stefanie",
        "Max-value Entropy Search for Efficient {Bayesian} Optimization", _ICML, 2017,
    ),
    "thompson1933": Source(
        "article", "Thompson, William R.",
        "On the Likelihood that One Unknown Probability Exceeds Another in View of the Evidence of Two Samples",
        "Biometrika", 1933, "25",
    ),
    "wilson2020": Source(
        "inproceedings", "Wilson, James T. and others",
        "Efficiently Sampling Functions from {Gaussian} Process Posteriors", _ICML, 2020,
    ),
    "eriksson2019": Source(
        "inproceedings",
        "Eriksson, David and Pearce, Michael and Gardner, Jacob and Turner, Ryan and Poloczek, Matthias",
        "Scalable Global Optimization via Local {Bayesian} Optimization", _NIPS, 2019,
    ),
    "wan2021": Source(
        "inproceedings", "Wan, Xingchen and others",
        "Think Global and Act Local: {Bayesian} Optimisation over High-Dimensional Categorical and Mixed Search Spaces",
        _ICML, 2021,
    ),
    "hutter2011": Source(
        "inproceedings", "Hutter, Frank and Hoos, Holger H. and Leyton-Brown, Kevin",
        "Sequential Model-Based Optimization for General Algorithm Configuration",
        "Learning and Intelligent Optimization (LION 5)", 2011,
    ),
    "lindauer2022": Source(
        "article", "Lindauer, Marius and others",
        "{SMAC3}: A Versatile {Bayesian} Optimization Package for Hyperparameter Optimization", _JMLR, 2022, "23",
    ),
    "chen2016": Source(
        "inproceedings", "Chen, Tianqi and Guestrin, Carlos", "{XGBoost}: A Scalable Tree Boosting System", _KDD, 2016,
    ),
    "ke2017": Source(
        "inproceedings", "Ke, Guolin and others", "{LightGBM}: A Highly Efficient Gradient Boosting Decision Tree",
        _NIPS, 2017,
    ),
    "geurts2006": Source(
        "article", "Geurts, Pierre and Ernst, Damien and Wehenkel, Louis", "Extremely Randomized Trees",
        "Machine Learning",
        2006, "63",
    ),
    "meinshausen2006": Source("article", "Meinshausen, Nicolai", "Quantile Regression Forests", _JMLR, 2006, "7"),
    "salinas2023": Source(
        "inproceedings", "Salinas, David and others", "Optimizing Hyperparameters with Conformal Quantile Regression",
        _ICML, 2023,
    ),
    "wolpert1992": Source("article", "Wolpert, David H.", "Stacked Generalization", "Neural Networks", 1992, "5"),
    "breiman1996": Source("article", "Breiman, Leo", "Stacked Regressions", "Machine Learning", 1996, "24"),
    "franke1980": Source(
        "article", "Franke, Richard and Nielson, Greg", "Smooth Interpolation of Large Sets of Scattered Data",
        "International Journal for Numerical Methods in Engineering", 1980, "15",
    ),
    "gower1971": Source(
        "article", "Gower, John C.", "A General Coefficient of Similarity and Some of Its Properties", "Biometrics",
        1971, "27",
    ),
    "bishop2006": Source(
        "book", "Bishop, Christopher M.", "Pattern Recognition and Machine Learning", "Springer", 2006,
    ),
    "lakshminarayanan2017": Source(
        "inproceedings", "Lakshminarayanan, Balaji and Pritzel, Alexander and Blundell, Charles",
        "Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles", _NIPS, 2017,
    ),
    "osband2018": Source(
        "inproceedings", "Osband, Ian and Aslanides, John and Cassirer, Albin",
        "Randomized Prior Functions for Deep Reinforcement Learning", _NIPS, 2018,
    ),
    "tiao2021": Source(
        "inproceedings", "Tiao, Louis C. and others", "{BORE}: {Bayesian} Optimization by Density-Ratio Estimation",
        _ICML, 2021,
    ),
    "song2022": Source(
        "inproceedings", "Song, Jiaming and Yu, Lantao and Neiswanger, Willie and Ermon, Stefano",
        "A General Recipe for Likelihood-free {Bayesian} Optimization", _ICML, 2022,
    ),
    "oliveira2022": Source(
        "inproceedings", "Oliveira, Rafael and Tiao, Louis C. and Ramos, Fabio",
        "Batch {Bayesian} Optimisation via Density-Ratio Estimation with Guarantees", _NIPS, 2022,
    ),
    "kool2019": Source(
        "inproceedings", "Kool, Wouter and van Hoof, Herke and Welling, Max",
        "Stochastic Beams and Where to Find Them: The {Gumbel}-Top-k Trick for Sampling Sequences Without Replacement",
        _ICML, 2019,
    ),
    "hvarfner2022": Source(
        "inproceedings", "Hvarfner, Carl and others",
        r"{$\pi$BO}: Augmenting Acquisition Functions with User Beliefs for {Bayesian} Optimization",
        "International Conference on Learning Representations (ICLR)", 2022,
    ),
    "bergstra2011": Source(
        "inproceedings", r"Bergstra, James and Bardenet, R{\'e}mi and Bengio, Yoshua and K{\'e}gl, Bal{\'a}zs",
        "Algorithms for Hyper-Parameter Optimization", _NIPS, 2011,
    ),
    "falkner2018": Source(
        "inproceedings", "Falkner, Stefan and Klein, Aaron and Hutter, Frank",
        "{BOHB}: Robust and Efficient Hyperparameter Optimization at Scale", _ICML, 2018,
    ),
    # portfolios
    "fialho2010": Source(
        "inproceedings", r"Fialho, {\'A}lvaro and Schoenauer, Marc and Sebag, Mich{\`e}le",
        "Toward Comparison-Based Adaptive Operator Selection", _GECCO, 2010,
    ),
    "hoffman2011": Source(
        "inproceedings", "Hoffman, Matthew and Brochu, Eric and de Freitas, Nando",
        "Portfolio Allocation for {Bayesian} Optimization", _UAI, 2011,
    ),
    # evolution
    "hansen2001": Source(
        "article", "Hansen, Nikolaus and Ostermeier, Andreas",
        "Completely Derandomized Self-Adaptation in Evolution Strategies", "Evolutionary Computation", 2001, "9",
    ),
    "hamano2022": Source(
        "inproceedings", "Hamano, Ryoki and Saito, Shota and Nomura, Masahiro and Shirakawa, Shinichi",
        "{CMA-ES} with Margin: Lower-Bounding Marginal Probability for Mixed-Integer Black-Box Optimization",
        _GECCO, 2022,
    ),
    "hamano2025": Source(
        "inproceedings", "Hamano, Ryoki and others",
        "{CatCMA} with Margin: Stochastic Optimization for Continuous, Integer, and Categorical Variables",
        _GECCO, 2025,
    ),
    "storn1997": Source(
        "article", "Storn, Rainer and Price, Kenneth",
        "Differential Evolution -- A Simple and Efficient Heuristic for Global Optimization over Continuous Spaces",
        _JGO, 1997, "11",
    ),
    "zhang2009": Source(
        "article", "Zhang, Jingqiao and Sanderson, Arthur C.",
        "{JADE}: Adaptive Differential Evolution with Optional External Archive", _TEC, 2009, "13",
    ),
    "kennedy1995": Source(
        "inproceedings", "Kennedy, James and Eberhart, Russell", "Particle Swarm Optimization",
        "Proceedings of the International Conference on Neural Networks (ICNN)", 1995,
    ),
    "clerc2002": Source(
        "article", "Clerc, Maurice and Kennedy, James",
        "The Particle Swarm -- Explosion, Stability, and Convergence in a Multidimensional Complex Space",
        _TEC, 2002, "6",
    ),
    "rechenberg1973": Source(
        "book", "Rechenberg, Ingo",
        "Evolutionsstrategie: Optimierung technischer Systeme nach Prinzipien der biologischen Evolution",
        "Frommann-Holzboog", 1973,
    ),
    "larranaga2002": Source(
        "book", r"Larra{\~n}aga, Pedro and Lozano, Jose A.",
        "Estimation of Distribution Algorithms: A New Tool for Evolutionary Computation", "Kluwer", 2002, edited=True,
    ),
    "schwefel1995": Source("book", "Schwefel, Hans-Paul", "Evolution and Optimum Seeking", "Wiley", 1995),
    "yao1999": Source(
        "article", "Yao, Xin and Liu, Yong and Lin, Guangming", "Evolutionary Programming Made Faster", _TEC, 1999, "3",
    ),
    "eshelman1993": Source(
        "inproceedings", "Eshelman, Larry J. and Schaffer, J. David",
        "Real-Coded Genetic Algorithms and Interval-Schemata",
        "Foundations of Genetic Algorithms 2", 1993,
    ),
    "deb1995": Source(
        "article", "Deb, Kalyanmoy and Agrawal, Ram Bhushan", "Simulated Binary Crossover for Continuous Search Space",
        "Complex Systems", 1995, "9",
    ),
    "real2019": Source(
        "inproceedings", "Real, Esteban and Aggarwal, Alok and Huang, Yanping and Le, Quoc V.",
        "Regularized Evolution for Image Classifier Architecture Search",
        "Proceedings of the AAAI Conference on Artificial Intelligence", 2019,
    ),
    "droste2002": Source(
        "article", "Droste, Stefan and Jansen, Thomas and Wegener, Ingo",
        "On the Analysis of the (1+1) Evolutionary Algorithm", "Theoretical Computer Science", 2002, "276",
    ),
    "doerr2017": Source("inproceedings", "Doerr, Benjamin and others", "Fast Genetic Algorithms", _GECCO, 2017),
    "metropolis1953": Source(
        "article", "Metropolis, Nicholas and others", "Equation of State Calculations by Fast Computing Machines",
        "The Journal of Chemical Physics", 1953, "21",
    ),
    "kirkpatrick1983": Source(
        "article", "Kirkpatrick, Scott and Gelatt, C. Daniel and Vecchi, Mario P.",
        "Optimization by Simulated Annealing",
        "Science", 1983, "220",
    ),
    "deb2002": Source(
        "article", "Deb, Kalyanmoy and Pratap, Amrit and Agarwal, Sameer and Meyarivan, T.",
        "A Fast and Elitist Multiobjective Genetic Algorithm: {NSGA-II}", _TEC, 2002, "6",
    ),
    # other packages
    "akiba2019": Source(
        "inproceedings", "Akiba, Takuya and Sano, Shotaro and Yanase, Toshihiko and Ohta, Takeru and Koyama, Masanori",
        "{Optuna}: A Next-Generation Hyperparameter Optimization Framework", _KDD, 2019,
    ),
    "rapin2018": Source(
        "misc", "Rapin, Jeremy and Teytaud, Olivier", "{Nevergrad} -- A Gradient-Free Optimization Platform", "GitHub",
        2018,
    ),
    "meunier2022": Source(
        "article", "Meunier, Laurent and others",
        "Black-Box Optimization Revisited: Improving Algorithm Selection Wizards through Massive Benchmarking",
        _TEC, 2022,
    ),
    # tasks
    "arthur2007": Source(
        "inproceedings", "Arthur, David and Vassilvitskii, Sergei", "k-means++: The Advantages of Careful Seeding",
        "Proceedings of the ACM-SIAM Symposium on Discrete Algorithms (SODA)", 2007,
    ),
    "sage2005": Source(
        "article", "Sage, Daniel and others",
        "Automatic Tracking of Individual Fluorescence Particles: Application to the Study of Chromosome Dynamics",
        "IEEE Transactions on Image Processing", 2005, "14",
    ),
}  # fmt: skip
"""Key to source, by topic."""

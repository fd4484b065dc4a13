// One generation: ask, evaluate in parallel, tell. UNTESTED: see main.nf.

// The database lies on this machine, so asking and telling are never tasks of a cluster. The name of the hand-out
// (--worker) makes a repetition harmless: the same trials are handed out again instead of new ones.
process ASK {
    executor 'local'
    tag "generation ${generation}"

    input:
    val generation
    val told

    output:
    path 'trials/trial-*.json', optional: true

    script:
    """
    ${params.parfocal} ask '${params.experiment}' --n ${params.size} --worker generation-${generation} --out trials
    """
}

// A trial that fails is an outcome, and this task succeeds. What Nextflow repeats is a task that was lost: it evaluates
// the same configuration with the same seed.
process EVALUATE {
    tag "${trial.baseName}"
    cpus 1
    memory '1 GB'
    time '10m'
    errorStrategy 'retry'
    maxRetries 3

    input:
    path trial

    output:
    path "outcome-${trial.baseName}.json"

    script:
    """
    ${params.parfocal} evaluate ${trial} --out outcome-${trial.baseName}.json
    """
}

// Telling an outcome twice is harmless, too.
process TELL {
    executor 'local'

    input:
    path outcomes

    output:
    path 'told.txt'

    script:
    """
    ${params.parfocal} tell '${params.experiment}' ${outcomes} > told.txt
    """
}

workflow GENERATION {
    take:
    generation
    told

    main:
    ASK(generation, told)
    EVALUATE(ASK.out.flatten())
    TELL(EVALUATE.out.collect())

    emit:
    TELL.out
}

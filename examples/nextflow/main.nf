#!/usr/bin/env nextflow

// Tune a segmentation in generations: ask for some trials, evaluate each as a task of its own, tell the outcomes, repeat.
//
// UNTESTED: Nextflow itself has never run this file. Its syntax was parsed and its processes were listed by a linter,
// and each command in it is tested on its own.
//
//   python examples/snakemake/segment.py --make examples/snakemake/images
//   nextflow run examples/nextflow/main.nf --size 6
//   nextflow run examples/nextflow/main.nf --size 6 -resume       go on after an interruption
//
// There are four generations: a size of a quarter of the budget spends all of it. When the budget is spent, a generation
// gets no trials, and those behind it do not begin.

nextflow.enable.dsl = 2

params.experiment = "${projectDir}/../snakemake/experiment.yaml"
params.size = 6
params.parfocal = 'parfocal'

include {
    GENERATION as GENERATION_1 ;
    GENERATION as GENERATION_2 ;
    GENERATION as GENERATION_3 ;
    GENERATION as GENERATION_4
} from './generation.nf'

// Before Nextflow's own work begins nothing was told, so that the first generation waits for nothing.
workflow {
    GENERATION_1(channel.value(1), channel.value('nothing to wait for'))
    GENERATION_2(channel.value(2), GENERATION_1.out)
    GENERATION_3(channel.value(3), GENERATION_2.out)
    GENERATION_4(channel.value(4), GENERATION_3.out)
}

"""Procedures: each thing that crossfade does, step by step, written once.

The command line runs the steps directly; a Prefect flow runs the same steps as tasks.

The way of an operation, whatever its kind:

1. *Read and plan* (each capability, in a `read_step`): the head, the world as it is, and a pure
   plan of both. A dry run ends here.
2. *Begin* (`journal.begin`): refuse if one is open; write the operation with its checkpoint; open
   it by a swap of the head that was planned on. Nothing in the world has changed yet.
3. *Execute* (`journal.executor`): each subject has a participant, whose effects come in batches.
   All batches of one order are complete, on every subject, before the next order begins. Before
   each write the lease (`journal.lease`) is asked, and S3 refuses the write after its end.
4. *Verify*: the last batches read the world back.
5. *Close*: the record first, then the head by a swap, with the subject's new state.

Whatever fails leaves the operation open with its lease given back. `journal.settle` takes it on,
to its end or back to its start, with what `kinds` knows of each kind of subject.
"""

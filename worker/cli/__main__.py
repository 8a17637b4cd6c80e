"""`python -m worker.cli`: how `up` starts the processes, whatever the PATH says."""

from worker.cli.main import main

main()

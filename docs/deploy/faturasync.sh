#!/bin/sh
# For /usr/local/bin/faturasync: the command line with the variables that the services have. Run it with sudo; the record of
# changes then names the person and not root.
while IFS= read -r line || [ -n "$line" ]; do
    case $line in [A-Z]*=*) export "$line" ;; esac
done <"${FATURASYNC_ENV:-/etc/faturasync/faturasync.env}"
export LOGNAME="${SUDO_USER:-${LOGNAME:-root}}"
exec "${FATURASYNC:-/opt/faturasync/current/.venv/bin/faturasync}" "$@"

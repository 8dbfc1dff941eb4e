#!/usr/bin/env bash
# In Slurm a job that its owner has cancelled starts again, if its script requeues itself on SIGTERM.
#
# Expected: scancel ends a job for good; scontrol requeue in the job's trap, the usual way to survive a time limit or a preemption
# with --signal=B:TERM@60, then fails, since the job is cancelled already. Seen: scancel sends SIGTERM, the trap's scontrol requeue succeeds
# while the job is completing, and the job is pending with Restarts=1 and runs again. The manual of scontrol says that requeue takes
# finished jobs too; neither manual says that it undoes a scancel.
# Why it matters: every array of such jobs has to be cancelled twice, or comes back at night.
# Remedy: in the trap, leave the job alone if scontrol show job says COMPLETING or CANCELLED: at a signal of --signal it is RUNNING.
# Versions: Slurm 22.05.8-4+deb12u3 of Debian 12, unpacked into the temporary folder, on the loopback device and the ports 26917 and 26918. Needs
# Debian 12's package lists (apt-get update) and root. Checked 2026-11-28.
set -euo pipefail
dir=$(mktemp -d)
stop() {
	for p in slurmd slurmctld munged; do
		[ -s "$dir/run/$p.pid" ] && kill "$(cat "$dir/run/$p.pid")" 2>/dev/null || true
	done
	sleep 3
}
trap 'stop; rm -rf "$dir"' EXIT
cd "$dir"
mkdir debs root run spool state && chmod 755 . run spool state
v=22.05.8-4+deb12u3
(cd debs && apt-get download -qq slurm-client=$v slurmctld=$v slurmd=$v slurm-wlm-basic-plugins=$v munge libmunge2 liblua5.1-0 libhwloc15 libjson-c5 2>/dev/null)
for d in debs/*.deb; do dpkg -x "$d" root; done
lib=$dir/root/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$lib:$lib/slurm-wlm SLURM_CONF=$dir/slurm.conf PATH=$dir/root/usr/bin:$dir/root/usr/sbin:$PATH
(umask 077 && head -c 1024 /dev/urandom > munge.key)
: > plugstack.conf
cat > slurm.conf <<C
ClusterName=finding
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
AuthInfo=socket=$dir/run/munge.socket,cred_expire=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmctldPort=26917
SlurmdPort=26918
PluginDir=$lib/slurm-wlm
PlugStackConfig=$dir/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
KillWait=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/run/slurmctld.pid
SlurmdPidFile=$dir/run/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=1 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=10:00 State=UP
C
munged --key-file="$dir/munge.key" --socket="$dir/run/munge.socket" --pid-file="$dir/run/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/run/seed" 2>/dev/null
slurmctld-wlm -c
slurmd-wlm -d "$dir/root/usr/sbin/slurmstepd-wlm"
sinfo --version
cat > job.sh <<'J'
#!/bin/bash
trap 'scontrol requeue $SLURM_JOB_ID; exit 0' TERM
touch ready
sleep 300 &
wait
J
until [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; do sleep 0.2; done
job=$(sbatch --parsable --output=job.log job.sh)
until [ -e ready ]; do sleep 0.2; done
sleep 1
scancel "$job"
sleep 8
cat job.log
after=$(scontrol -o show job "$job" | grep -o 'JobState=[A-Z]*\|Restarts=[0-9]*' | xargs)
echo "after scancel: $after"
[ "$after" = "JobState=PENDING Restarts=1" ] || [ "$after" = "JobState=RUNNING Restarts=1" ]

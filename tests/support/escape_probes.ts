// Attempts to get out of the sandbox, one command each: a command that prints ESCAPED, or leaves a trace outside, got out.

export interface ProbeGround {
  workspace: string;
  /** A folder outside with a file "keep", readable by its owner. */
  outside: string;
  /** A folder that is to be hidden, with a file "secret" that holds CANARY. */
  hidden: string;
  /** The folder for our own data, with a file "token" that holds CANARY. */
  dataDir: string;
  home: string;
  /** A process that runs outside and has CANARY in its environment. */
  pid: number;
  /** A Unix socket that listens, in the workspace. */
  socket: string;
}

export interface EscapeProbe {
  name: string;
  command: string;
}

/** Succeeds unless the call fails with one of these errors: it was refused before the kernel looked at its arguments. */
function call(
  name: string,
  numbers: readonly [x64: number, arm: number],
  args: string,
  errno = 1,
): EscapeProbe {
  const number = Deno.build.arch === "aarch64" ? numbers[1] : numbers[0];
  const command =
    `perl -e '$r = syscall(${number}, ${args}); if ($r == 0 && $$ != getppid() && "${name}" =~ /clone/) { exit 0 } print "ESCAPED r=$r errno=", $!+0 unless $r == -1 && $! == ${errno}'`;
  return { name: `system call ${name}`, command };
}

function sh(name: string, command: string): EscapeProbe {
  return { name, command };
}

/** A 32-bit program that exits with 42, byte by byte: its calls are those of another machine. */
const elf32 = [
  "\\177ELF\\1\\1\\1\\0\\0\\0\\0\\0\\0\\0\\0\\0\\2\\0\\3\\0\\1\\0\\0\\0\\124\\200\\4\\10\\64\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\64\\0\\40\\0\\1\\0\\0\\0\\0\\0\\0\\0",
  "\\1\\0\\0\\0\\0\\0\\0\\0\\0\\200\\4\\10\\0\\200\\4\\10\\140\\0\\0\\0\\140\\0\\0\\0\\5\\0\\0\\0\\0\\20\\0\\0",
  "\\270\\1\\0\\0\\0\\273\\52\\0\\0\\0\\315\\200",
].join("");

export function escapeProbes(ground: ProbeGround): EscapeProbe[] {
  const { workspace, outside, hidden, dataDir, home, pid, socket } = ground;
  return [
    sh("write a file outside", `echo 1 >${outside}/new && echo ESCAPED`),
    sh("append to a file outside", `echo 1 >>${outside}/keep && echo ESCAPED`),
    sh("make a folder outside", `mkdir ${outside}/folder && echo ESCAPED`),
    sh("remove a file outside", `rm -f ${outside}/keep && echo ESCAPED`),
    sh("move a file in from outside", `mv ${outside}/keep . && echo ESCAPED`),
    sh("change a mode outside", `chmod 777 ${outside}/keep && echo ESCAPED`),
    sh("change times outside", `touch -d 2001-01-01 ${outside}/keep && echo ESCAPED`),
    sh("truncate a file outside", `truncate -s 0 ${outside}/keep && echo ESCAPED`),
    sh("write through a link", `ln -sfn ${outside} away; echo 1 >away/linked && echo ESCAPED`),
    sh("write through a hard link", `ln ${outside}/keep hard && echo 1 >>hard && echo ESCAPED`),
    sh("write through /proc/self/root", `echo 1 >/proc/self/root${outside}/new && echo ESCAPED`),
    sh("write through the root of the first process", `echo 1 >/proc/1/root${outside}/new && echo ESCAPED`),
    sh("write through ..", `echo 1 >../../../../../../..${outside}/new && echo ESCAPED`),
    sh("write a profile in the home folder", `echo 1 >>${home}/.profile && echo ESCAPED`),
    sh("set git's settings of the user", `HOME=${home} git config --global core.pager evil && echo ESCAPED`),
    sh("write system settings", `echo 1 >/etc/jamey-probe && echo ESCAPED`),
    sh("write a job of the system", `echo 1 >/etc/cron.d/jamey-probe && echo ESCAPED`),
    sh("write a program of the system", `echo 1 >/usr/bin/jamey-probe && echo ESCAPED`),
    sh("move the workspace away", `cd / && mv ${workspace} ${workspace}-moved && echo ESCAPED`),
    sh("read a hidden file", `grep -h CANARY ${hidden}/secret && echo ESCAPED`),
    sh("read a hidden file through /proc", `grep -h CANARY /proc/1/root${hidden}/secret && echo ESCAPED`),
    sh("unhide by unmounting", `umount ${hidden} && echo ESCAPED; umount -l ${hidden} && echo ESCAPED`),
    sh("unhide by moving", `mv ${hidden} ${hidden}-moved && echo ESCAPED`),
    sh("list what is hidden", `[ -n "$(ls -A ${hidden})" ] && echo ESCAPED`),
    sh("read our token", `grep -rh CANARY ${dataDir} && echo ESCAPED`),
    sh("write into our data", `echo 1 >${dataDir}/planted && echo ESCAPED`),
    sh("forge the exit status", `echo 0 >"$(dirname "$(readlink /proc/$$/fd/1)")/status" && echo ESCAPED`),
    sh("a folder that was left open", `for f in /proc/$$/fd/*; do [ -d "$f/." ] && echo ESCAPED; done`),
    sh(
      "environment of processes outside",
      `cat /proc/[0-9]*/environ | grep -a JAMEY_CANARY_OUTSIDE && echo ESCAPED`,
    ),
    sh("signal a process outside", `kill -0 ${pid} && echo ESCAPED`),
    sh("see processes outside", `[ -d /proc/${pid} ] && echo ESCAPED`),
    sh("files of a process outside", `ls /proc/${pid}/root/etc && echo ESCAPED`),
    sh("mount a file system", `mount -t tmpfs none /mnt && echo ESCAPED`),
    sh("bind a folder", `mkdir -p b && mount --bind ${outside} b && echo ESCAPED`),
    sh(
      "make all writable",
      `mount -o remount,rw / && echo ESCAPED; mount -o remount,rw,bind / && echo ESCAPED`,
    ),
    sh("a user namespace", `unshare -Ur true && echo ESCAPED`),
    sh("a mount namespace", `unshare -Urm sh -c "umount ${hidden}; cat ${hidden}/secret" && echo ESCAPED`),
    sh("the namespaces of the first process", `nsenter -t 1 -m -p -n true && echo ESCAPED`),
    sh("bubblewrap in bubblewrap", `bwrap --bind / / true && echo ESCAPED`),
    sh("chroot", `chroot / true && echo ESCAPED`),
    sh("a device of the disk", `mknod disk b 8 0 && echo ESCAPED; mknod mem c 1 1 && echo ESCAPED`),
    sh(
      "devices of the machine",
      `ls /dev/mem /dev/kmsg /dev/kvm /dev/sda /dev/vda /dev/fuse 2>/dev/null | grep -q . && echo ESCAPED`,
    ),
    sh(
      "the handler of crashes",
      `v=$(cat /proc/sys/kernel/core_pattern); echo "$v" >/proc/sys/kernel/core_pattern && echo ESCAPED`,
    ),
    sh("the magic key", `echo h >/proc/sysrq-trigger && echo ESCAPED`),
    sh("settings of the kernel", `f=/proc/sys/vm/swappiness; v=$(cat $f); echo "$v" >$f && echo ESCAPED`),
    sh("settings in /sys", `f=/sys/kernel/mm/transparent_hugepage/enabled; echo madvise >$f && echo ESCAPED`),
    sh("a control group", `mkdir /sys/fs/cgroup/jamey-probe && echo ESCAPED`),
    sh("sockets of daemons", `[ -n "$(find /run -type s -o -type f | head -1)" ] && echo ESCAPED`),
    sh("shared memory outside", `ls /dev/shm | grep -q jamey-probe && echo ESCAPED`),
    sh("temporary files outside", `ls /tmp | grep -q jamey-probe && echo ESCAPED`),
    sh("give a file to another user", `echo 1 >own && chown 1:1 own && echo ESCAPED`),
    sh("privileges", `grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo ESCAPED`),
    sh("gain privileges", `grep -q '^NoNewPrivs:.*0' /proc/self/status && echo ESCAPED`),
    sh("sudo", `sudo -n cat ${hidden}/secret && echo ESCAPED; su -c true </dev/null && echo ESCAPED`),
    sh("name of the machine", `hostname jamey-probe && echo ESCAPED`),
    sh("clock of the machine", `date -s "@$(date +%s)" && echo ESCAPED`),
    sh(
      "a Unix socket",
      `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) or exit; print "ESCAPED"; connect(S, sockaddr_un("${socket}"))'`,
    ),
    sh(
      "an abstract Unix socket",
      `perl -MSocket -e 'socket(S, PF_UNIX, SOCK_DGRAM, 0) or exit; print "ESCAPED"'`,
    ),
    sh(
      "socket families",
      `perl -e 'for $f (1,3,4,5,9,11,15,17,21,29,30,31,38,40,41,44) { socket($s, $f, $_, 0) and print "ESCAPED $f" for 1,2,3,5 }'`,
    ),
    sh(
      "raw sockets",
      `perl -e 'socket($s, 2, 3, 1) and print "ESCAPED"; socket($s, 10, 3, 58) and print "ESCAPED"'`,
    ),
    sh(
      "type into a terminal",
      `perl -e '$c = "x"; ioctl(STDIN, 0x5412, $c); print "ESCAPED ", $!+0 unless $! == 1'`,
    ),
    sh("a 32-bit program", `printf '${elf32}' >elf && chmod +x elf; ./elf; [ $? = 42 ] && echo ESCAPED`),
    call("ptrace", [101, 117], "0, 0, 0, 0"),
    call("process_vm_readv", [310, 270], "$$, 0, 0, 0, 0, 0"),
    call("process_vm_writev", [311, 271], "$$, 0, 0, 0, 0, 0"),
    call("pidfd_getfd", [438, 438], "0, 0, 0"),
    call("unshare", [272, 97], "0x10000000"),
    call("setns", [308, 268], "0, 0"),
    call("clone with a user namespace", [56, 220], "0x10000011, 0, 0, 0, 0"),
    call("clone3", [435, 435], "0, 0", 38),
    call("io_uring_setup", [425, 425], "1, 0"),
    call("io_uring_enter", [426, 426], "0, 0, 0, 0, 0, 0"),
    call("keyctl", [250, 219], "0, -3, 0, 0, 0"),
    call("add_key", [248, 217], "0, 0, 0, 0, -3"),
    call("request_key", [249, 218], "0, 0, 0, 0"),
    call("bpf", [321, 280], "0, 0, 0"),
    call("perf_event_open", [298, 241], "0, 0, 0, 0, 0"),
    call("userfaultfd", [323, 282], "1"),
    call("mount", [165, 40], "0, 0, 0, 0, 0"),
    call("umount2", [166, 39], "0, 0"),
    call("pivot_root", [155, 41], "0, 0"),
    call("open_tree", [428, 428], "-100, 0, 1"),
    call("move_mount", [429, 429], "0, 0, 0, 0, 0"),
    call("fsopen", [430, 430], "0, 0"),
    call("mount_setattr", [442, 442], "0, 0, 0, 0, 0"),
    call("name_to_handle_at", [303, 264], "-100, 0, 0, 0, 0"),
    call("open_by_handle_at", [304, 265], "-100, 0, 0"),
    call("kexec_load", [246, 104], "0, 0, 0, 0"),
    call("init_module", [175, 105], "0, 0, 0"),
    call("finit_module", [313, 273], "-1, 0, 0"),
    call("fanotify_init", [300, 262], "0, 0"),
    call("syslog", [103, 116], "3, 0, 0"),
    ...(Deno.build.arch === "x86_64"
      ? [sh("calls with 32-bit numbers", `perl -e '$r = syscall(0x40000000 + 39); print "ESCAPED $r"'`)]
      : []),
  ];
}

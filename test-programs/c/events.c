// build: debug = cc -g -O0 -no-pie
// One event of each kind that can be caught: a system call, a signal, a fork, a label to stop at, another program.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int twice(int n) {
    if (n < 0)
        goto out;
    n = n * 2;
out:
    return n;
}

int main(void) {
    signal(SIGHUP, SIG_IGN);
    getppid();
    raise(SIGHUP);
    if (fork() == 0)
        _exit(0);
    wait(0);
    twice(1);
    execl("/bin/true", "true", (char *)0);
    return 1;
}

// build: lazy = cc -O1 -no-pie -pthread
// Many threads, signals and clones around one function, `hit`, whose calls it counts itself.
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

long count;
void hit(void);
// Three breakpoints next to each other: relative to rip, one byte long, a return.
__asm__(".text\n.globl hit, hit_nop, hit_ret\n.type hit, @function\n"
        "hit: lock incq count(%rip)\nhit_nop: nop\nhit_ret: ret\n.size hit, .-hit\n");

static void *hits(void *n) {
    for (long i = 0; i < (long)n; i++)
        hit();
    return NULL;
}

static void *hammer(void *unused) {
    for (;;) {
        hit();
        usleep(100);
    }
    return unused;
}

static int child(void *n) {
    hits(n);
    _exit(7);
}

static void on_alarm(int signal) { (void)signal; }

int main(int argc, char **argv) {
    pthread_t threads[256];
    const char *mode = argc > 1 ? argv[1] : "count";
    if (!strcmp(mode, "count")) { // THREADS CALLS WAVES
        for (int wave = atoi(argv[4]); wave > 0; wave--) {
            for (int i = 0; i < atoi(argv[2]); i++)
                pthread_create(&threads[i], NULL, hits, (void *)atol(argv[3]));
            for (int i = 0; i < atoi(argv[2]); i++)
                pthread_join(threads[i], NULL);
        }
    } else if (!strcmp(mode, "alarm")) {
        struct itimerval timer = {{0, 1000}, {0, 1000}};
        signal(SIGALRM, on_alarm);
        setitimer(ITIMER_REAL, &timer, NULL);
        hits((void *)5000);
    } else if (!strcmp(mode, "clone")) { // a child that is no thread and ends without SIGCHLD
        static char stack[65536];
        int status = 0;
        hits((void *)3);
        waitpid(clone(child, stack + sizeof stack, 0, (void *)5), &status, __WALL);
        hits((void *)3);
        return WEXITSTATUS(status);
    } else if (!strcmp(mode, "exit")) { // the process ends while its threads run
        for (int i = 0; i < 8; i++)
            pthread_create(&threads[i], NULL, hits, (void *)1000000000);
        usleep(5000);
        return 9;
    } else if (!strcmp(mode, "stop")) {
        raise(SIGSTOP);
        hit();
    } else if (!strcmp(mode, "hammer")) {
        for (int i = 0; i < (argc > 2 ? atoi(argv[2]) : 20); i++)
            pthread_create(&threads[i], NULL, hammer, NULL);
        puts("hammering");
        fflush(stdout);
        for (;;)
            usleep(1000);
    }
    return count > 100000 ? 1 : 0;
}

// No libc, no dynamic linker: _start writes a line and exits with 7. `looped` has one instruction of each kind that a
// displaced breakpoint must carry out by itself: call, jmp, jcc, ret, and a rip-relative load.
// build: static = cc -nostdlib -static -no-pie
// build: nosections = cc -nostdlib -static -no-pie | strip | no-section-headers
    .globl _start, looped, callee, value
    .text
_start:
    mov $3, %r12d
1:  call looped
    dec %r12d
at_jcc:
    jnz 1b
at_jmp:
    jmp last
    ud2
last:
    mov $1, %eax
    mov $1, %edi
    lea line(%rip), %rsi
    mov $5, %edx
    syscall
    mov $60, %eax
    mov value(%rip), %edi
    syscall
    .type looped, @function
looped:
at_call:
    call callee
at_load:
    mov value(%rip), %eax
    add $1, %eax
    mov %eax, value(%rip)
at_ret:
    ret
    .size looped, . - looped
    .type callee, @function
callee:
    nop
    ret
    .size callee, . - callee
    .section .rodata
line:
    .ascii "bare\n"
    .data
value:
    .long 4
    .section .note.GNU-stack, "", @progbits

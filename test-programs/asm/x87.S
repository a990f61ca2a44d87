// Every kind of number that the coprocessor's registers hold (Intel SDM vol. 1 ch. 8).
// build: static = cc -nostdlib -static -no-pie
        .globl _start
        .type _start, @function
_start: fldpi
        fldz
        fld1
        fchs
        fldz
        fdivrp                  // -infinity
        fldz
        fldz
        fdivrp                  // not a number
        fldt    denormal(%rip)
        fldt    signalling(%rip)
        fldcw   control(%rip)
        nop
        nop
        mov     $60, %eax
        xor     %edi, %edi
        syscall
        .size _start, . - _start
        .section .rodata
denormal:       .quad 0x0123456789abcdef
                .short 0
signalling:     .quad 0xa000000000000000
                .short 0x7fff
control:        .short 0x0e7f
        .section .note.GNU-stack, "", @progbits

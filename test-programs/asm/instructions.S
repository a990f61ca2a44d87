// Instructions whose names, operands or prefixes binutils writes in a way of its own; nothing here runs.
// build: object = cc -nostdlib -static -Wl,-e,start
	.text
	.globl start
start:
	data16 lea 0x10(%rip),%rdi
	.byte 0x66,0x66,0x48,0xe8,0,0,0,0
	bnd jmp start
	bnd call start
	bnd ret
	notrack jmp *%rax
	notrack jmp *(%rax,%rcx,8)
	notrack call *%rdx
	repz ret
	lock cmpxchg %rcx,(%rdx)
	lock cmpxchg16b (%rsi)
	lock xadd %eax,(%rdi)
	lock incl (%rax)
	lock orq $0,(%rsp)
	xacquire lock incl (%rax)
	xrelease movl $0,(%rax)
	rep movsb
	rep movsq
	rep stosl
	repz cmpsb
	repnz scasb
	rep lodsw
	rep insb
	rep outsl
	movsw
	cmpsq
	lodsb %gs:(%rsi),%al
	mov %fs:0,%rax
	mov %fs:0xfffffffffffffff8,%rax
	mov %gs:(%rax,%rbx,4),%ecx
	mov 0x1234,%eax
	mov %eax,0xffffffffff600000
	movabs $0x1122334455667788,%r9
	movabs 0x1122334455667788,%al
	movabs %rax,0x1122334455667788
	jmp *0x404018
	call *foo@GOTPCREL(%rip)
	.byte 0x48,0x8d,0xb4,0x26,0,0,0,0
	.byte 0x67,0x8d,0xb4,0x26,0,0,0,0
	lea (,%rax,8),%rdx
	lea -8(,%r12,2),%rdx
	mov (%eax),%ecx
	mov -4(%r8d,%r9d,2),%ecx
	.byte 0x67,0xe8,0,0,0,0
	push $-1
	push $0x12345678
	pushq %fs
	popq %gs
	pushw $4
	push %ax
	push (%rax)
	pop 8(%rax)
	pushf
	popf
	enter $16,$1
	leave
	ret $8
	lretl
	lretl $4
	lretq
	iretq
	iretl
	int $0x80
	int3
	int1
	ud2
	hlt
	syscall
	sysretl
	sysretq
	sysenter
	cbtw
	cwtl
	cltq
	cwtd
	cltd
	cqto
	xchg %ax,%ax
	xchg %rax,%r8
	xchg %eax,%eax
	nopw 0(%rax,%rax,1)
	nopl (%rax)
	nop %eax
	.nops 9
	.nops 11
	pause
	endbr64
	endbr32
	rdsspq %rax
	incsspq %rcx
	in (%dx),%al
	in $5,%eax
	out %al,(%dx)
	out %eax,$7
	xlat
	bswap %r10
	bt $3,%rax
	btsl $3,(%rax)
	shld $4,%rax,%rbx
	shrd %cl,%eax,(%rdx)
	shl %eax
	shl $1,%eax
	.byte 0xc1,0xe0,0x01
	sall %cl,(%rax)
	rcrq (%rax)
	imul $3,%eax,%ecx
	imul $3,(%rax),%rcx
	imul $300,%rax,%rax
	imul %rcx
	mulb (%rax)
	idivq 8(%rsp)
	div %r9w
	movzbl %al,%eax
	movzwl (%rax),%ecx
	movzbw (%rax),%cx
	movsbq %al,%rcx
	movswq (%rax),%rcx
	movslq %eax,%rcx
	movslq (%rax),%rcx
	mov %spl,%al
	mov %ah,%bl
	mov %cr0,%rax
	mov %rax,%cr8
	mov %dr7,%rax
	mov %ds,%eax
	mov %es,(%rax)
	mov %ecx,%fs
	lgdt (%rax)
	sidt (%rax)
	lldt %ax
	str %eax
	ltr (%rax)
	smsw %eax
	invlpg (%rax)
	clflushopt (%rax)
	clwb (%rax)
	prefetchw (%rax)
	prefetcht0 (%rax)
	prefetchnta (%rax)
	mfence
	lfence
	sfence
	fxsave (%rax)
	fxrstor64 (%rax)
	xsave (%rax)
	xsavec64 (%rax)
	xrstor (%rax)
	xgetbv
	ldmxcsr (%rax)
	stmxcsr 4(%rsp)
	rdtsc
	rdtscp
	rdpmc
	rdrand %rax
	rdseed %ecx
	rdpid %rax
	rdfsbase %rax
	wrgsbase %ecx
	cpuid
	monitor
	mwait
	umonitor %rax
	tpause %ecx
	cmove (%rax),%ecx
	setne (%rax)
	seta %r9b
	jrcxz near
	jecxz near
	loop near
	loopne near
near:
	jne,pt start
	je,pn start
	xbegin start
	xend
	xabort $1
	xtest
	crc32b (%rax),%ecx
	crc32q %rax,%rcx
	popcnt %rax,%rcx
	lzcnt (%rax),%ecx
	tzcnt %ax,%cx
	andn %rax,%rbx,%rcx
	bextr %eax,(%rbx),%ecx
	blsr %rax,%rcx
	pdep %rax,%rbx,%rcx
	mulx (%rax),%rbx,%rcx
	rorx $5,%rax,%rcx
	sarx %eax,(%rbx),%ecx
	adcx %eax,%ebx
	adox (%rax),%rbx
	movbe (%rax),%ecx
	flds (%rax)
	fldl (%rax)
	fldt (%rax)
	fstps (%rax)
	fstl (%rax)
	fistpll (%rax)
	fildl (%rax)
	filds (%rax)
	fisttpl (%rax)
	fld %st(3)
	fstp %st(0)
	fst %st(2)
	fadd %st(2),%st
	fadd %st,%st(2)
	faddp
	fsub %st,%st(3)
	fsubr %st,%st(3)
	fsubp %st,%st(1)
	fsubrp %st,%st(1)
	fdivp %st,%st(2)
	fmull (%rax)
	fiadds (%rax)
	ficompl (%rax)
	fcom %st(2)
	fcompp
	fucompp
	fcomi %st(1),%st
	fucomip %st(2),%st
	fcmovbe %st(2),%st
	fxch
	fxch %st(3)
	fchs
	fldz
	fld1
	fldpi
	fprem
	fsincos
	fscale
	frndint
	fnstcw (%rax)
	fstcw (%rax)
	fldcw (%rax)
	fnstsw %ax
	fstsw %ax
	fnstenv (%rax)
	fldenv (%rax)
	fnsave (%rax)
	frstor (%rax)
	fninit
	finit
	fnclex
	fwait
	ffree %st(2)
	fbld (%rax)
	emms
	movd %eax,%mm0
	movq %mm0,(%rax)
	movq %rax,%mm3
	paddb (%rax),%mm1
	pshufw $3,%mm0,%mm1
	maskmovq %mm0,%mm1
	cvtpi2ps (%rax),%xmm0
	movq2dq %mm0,%xmm1
	movd %eax,%xmm0
	movq %rax,%xmm0
	movq (%rax),%xmm0
	movq %xmm0,%xmm1
	movss (%rax),%xmm9
	movsd %xmm0,(%rax)
	movaps %xmm0,%xmm1
	movups (%rax),%xmm1
	movdqu %xmm15,-16(%rbp)
	movhlps %xmm0,%xmm1
	movhps (%rax),%xmm1
	movmskpd %xmm0,%eax
	pmovmskb %xmm0,%eax
	movnti %rax,(%rcx)
	movntdq %xmm0,(%rax)
	maskmovdqu %xmm0,%xmm1
	cvtsi2sd %eax,%xmm0
	cvtsi2sdq %rax,%xmm0
	cvtsi2sdl (%rax),%xmm0
	cvtsi2ssq (%rax),%xmm0
	cvttsd2si %xmm0,%rax
	cvtsd2si (%rax),%ecx
	cvtss2sd (%rax),%xmm0
	cvtdq2pd (%rax),%xmm0
	cmpltps %xmm0,%xmm1
	cmpps $9,%xmm0,%xmm1
	cmpneqsd (%rax),%xmm1
	ucomisd (%rax),%xmm1
	shufps $0x1b,%xmm0,%xmm1
	pshufd $0,%xmm0,%xmm1
	pextrw $1,%xmm0,%eax
	pinsrw $1,%eax,%xmm0
	pinsrb $1,(%rax),%xmm0
	pextrq $1,%xmm0,%rax
	pextrd $1,%xmm0,(%rax)
	extractps $1,%xmm0,%eax
	insertps $1,(%rax),%xmm0
	pslldq $4,%xmm0
	psrlw $4,%xmm0
	pblendvb %xmm0,%xmm1,%xmm2
	blendvpd %xmm0,(%rax),%xmm2
	roundsd $1,%xmm0,%xmm1
	dpps $1,(%rax),%xmm1
	pcmpistri $0xc,%xmm0,%xmm1
	pcmpestrm $0xc,(%rax),%xmm1
	pclmulqdq $0x11,%xmm0,%xmm1
	pclmulqdq $0x10,%xmm0,%xmm1
	pclmulqdq $0x20,%xmm0,%xmm1
	aesenc %xmm0,%xmm1
	aeskeygenassist $1,%xmm0,%xmm1
	sha256rnds2 %xmm0,%xmm1,%xmm2
	sha1rnds4 $1,%xmm1,%xmm2
	gf2p8affineqb $1,%xmm0,%xmm1
	pmovzxbw (%rax),%xmm1
	pmovsxbq (%rax),%xmm1
	ptest %xmm0,%xmm1
	movntdqa (%rax),%xmm1
	vzeroupper
	vmovdqu (%rax),%ymm0
	vmovd %eax,%xmm0
	vmovq %xmm0,%rax
	vaddsd (%rax),%xmm0,%xmm1
	vaddps %ymm0,%ymm1,%ymm2
	vbroadcastss (%rax),%ymm0
	vbroadcastf128 (%rax),%ymm0
	vinserti128 $1,%xmm0,%ymm1,%ymm2
	vextracti128 $1,%ymm1,(%rax)
	vperm2i128 $1,%ymm0,%ymm1,%ymm2
	vpermq $0x4e,%ymm0,%ymm1
	vpblendvb %ymm0,%ymm1,%ymm2,%ymm3
	vgatherdps %ymm0,(%rax,%ymm1,4),%ymm2
	vpgatherqq %xmm0,8(%rax,%xmm1,8),%xmm2
	vfmadd213sd (%rax),%xmm0,%xmm1
	vcvttsd2si %xmm0,%rax
	vcvtsi2sd %rax,%xmm0,%xmm1
	vcvtsi2sdl (%rax),%xmm0,%xmm1
	vcvtpd2ps %ymm0,%xmm1
	vcvtpd2psx (%rax),%xmm1
	vcvtpd2psy (%rax),%xmm1
	vcvtph2ps (%rax),%ymm1
	vcmpltps %ymm0,%ymm1,%ymm2
	vcmpeq_uqps %ymm0,%ymm1,%ymm2
	vpcmpeqb (%rax),%ymm1,%ymm2
	vmaskmovps (%rax),%ymm1,%ymm2
	vpsrlvd %ymm0,%ymm1,%ymm2
	vptest (%rax),%ymm1
	vpclmulqdq $0x11,%ymm0,%ymm1,%ymm2
	vaesenc %ymm0,%ymm1,%ymm2
	vmovdqu64 (%rax),%zmm0
	vmovdqu8 %zmm0,0x40(%rax){%k1}
	vmovdqa32 (%rax),%zmm17{%k2}{z}
	vaddpd (%rax){1to8},%zmm0,%zmm1
	vaddps 4(%rax){1to16},%zmm0,%zmm1{%k3}
	vaddps (%rax){1to4},%xmm0,%xmm1
	vaddpd {rn-sae},%zmm0,%zmm1,%zmm2
	vaddsd {rz-sae},%xmm0,%xmm1,%xmm2{%k1}{z}
	vmaxps {sae},%zmm0,%zmm1,%zmm2
	vcvtsi2sd %rax,{ru-sae},%xmm0,%xmm1
	vcvttsd2usi {sae},%xmm0,%rax
	vcmpps $4,{sae},%zmm0,%zmm1,%k1
	vrndscalepd $1,{sae},%zmm0,%zmm1
	vpcmpud $5,%zmm0,%zmm1,%k2{%k3}
	vpcmpleub %zmm0,%zmm1,%k2
	vpcmpd $3,%zmm0,%zmm1,%k2
	vptestnmd %zmm0,%zmm1,%k2
	vpternlogq $0x96,%zmm0,%zmm1,%zmm2
	vpgatherdd (%rax,%zmm1,4),%zmm2{%k1}
	vscatterqpd %zmm0,(%rax,%zmm1,8){%k1}
	vpermt2d %zmm0,%zmm1,%zmm2
	vpmovdb %zmm0,(%rax)
	vpmovqd %zmm0,%ymm1{%k1}
	vcompressps %zmm0,(%rax){%k1}
	vfpclassps $3,%zmm0,%k1
	vfpclasspsz $3,(%rax),%k1
	vcvtpd2dqx (%rax),%xmm1
	vcvtqq2psy (%rax),%xmm1
	vdpbf16ps %zmm0,%zmm1,%zmm2
	vpdpbusd (%rax){1to16},%zmm1,%zmm2
	vp2intersectd %zmm0,%zmm1,%k2
	vbroadcasti32x4 (%rax),%zmm0
	vpbroadcastq %rax,%zmm0
	vpbroadcastmb2q %k1,%zmm0
	vmovd %eax,%xmm17
	vmovss (%rax),%xmm17{%k1}{z}
	vmovsd %xmm20,-8(%rax)
	vmovss %xmm1,%xmm2,%xmm3{%k1}
	kmovq %rax,%k1
	kmovd %k1,%eax
	kmovb (%rax),%k1
	kortestb %k1,%k2
	kunpckdq %k1,%k2,%k3
	kshiftlw $3,%k1,%k2
	vpscatterdq %zmm0,0x80(%rax,%ymm1,1){%k2}
	vrcp14sd (%rax),%xmm0,%xmm1
	vgetexpsd {sae},%xmm0,%xmm1,%xmm2
	vpsllq $5,(%rax){1to8},%zmm1
	vprold $3,%zmm0,%zmm1
	valignq $1,%zmm0,%zmm1,%zmm2
	vinsertf32x4 $1,(%rax),%zmm1,%zmm2
	vextractf64x4 $1,%zmm1,(%rax)
	vshuff64x2 $1,%zmm0,%zmm1,%zmm2
	tileloadd (%rax,%rcx,1),%tmm0
	tdpbssd %tmm0,%tmm1,%tmm2
	tilerelease
	ldtilecfg (%rax)
	vmcall
	vmlaunch
	vmread %rax,%rbx
	vmrun
	invpcid (%rax),%rcx
	swapgs
	clac
	stac
	wbnoinvd
	ptwrite %rax
	serialize
	movdir64b (%rax),%rcx
	movdiri %eax,(%rcx)
	enqcmd (%rax),%rcx
	cldemote (%rax)
	ljmp *(%rax)
	lcall *(%rax)
	rex64 ljmp *(%rax)
	lss (%rax),%ecx
	lsl %ax,%ecx
	lar (%rax),%ecx
	verr %ax
	sgdt (%rax)
	lmsw %ax
	arpl_end: nop
	foo: nop

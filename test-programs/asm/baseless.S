// A unit that says nothing of where its code is, as hand-written ones may: its function does.
// build: plain = cc -nostdlib -static
	.text
	.globl _start
	.type _start, @function
_start:
	mov $1, %edi
.Lsecond:
	mov $60, %eax
	syscall
.Lend:
	.size _start, .-_start
	.section .debug_abbrev
.Labbrev:
	.uleb128 1
	.uleb128 0x11		# DW_TAG_compile_unit
	.byte 1
	.uleb128 0x03, 0x08	# DW_AT_name, DW_FORM_string
	.uleb128 0x10, 0x17	# DW_AT_stmt_list, DW_FORM_sec_offset
	.uleb128 0x11, 0x01	# DW_AT_low_pc, DW_FORM_addr
	.byte 0, 0
	.uleb128 2
	.uleb128 0x2e		# DW_TAG_subprogram
	.byte 0
	.uleb128 0x03, 0x08
	.uleb128 0x11, 0x01
	.uleb128 0x12, 0x01	# DW_AT_high_pc, DW_FORM_addr
	.byte 0, 0
	.byte 0
	.section .debug_info
	.long .Linfo_end - .Linfo
.Linfo:
	.value 4
	.long .Labbrev
	.byte 8
	.uleb128 1
	.asciz "baseless.S"
	.long .Lline
	.quad 0
	.uleb128 2
	.asciz "_start"
	.quad _start
	.quad .Lend
	.byte 0
.Linfo_end:
	.section .debug_line
.Lline:
	.long .Lline_end - .Lversion
.Lversion:
	.value 4
	.long .Lprogram - .Lheader
.Lheader:
	.byte 1, 1, 1, -5, 14, 13
	.byte 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1
	.byte 0
	.asciz "baseless.S"
	.byte 0, 0, 0
	.byte 0
.Lprogram:
	.byte 0, 9, 2		# DW_LNE_set_address
	.quad _start
	.byte 3, 6		# DW_LNS_advance_line: 7
	.byte 1			# DW_LNS_copy
	.byte 0, 9, 2
	.quad .Lsecond
	.byte 3, 2
	.byte 1
	.byte 0, 9, 2
	.quad .Lend
	.byte 0, 1, 1		# DW_LNE_end_sequence
.Lline_end:

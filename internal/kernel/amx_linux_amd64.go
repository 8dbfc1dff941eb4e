//go:build !noasm

package kernel

import "syscall"

// mayUseTiles asks the kernel for the registers of AMX, 8 KiB a thread, which Linux grants from version 5.16 on to a
// process that asks (Documentation/arch/x86/xstate.rst). Without a grant the first instruction would be illegal.
func mayUseTiles() bool {
	const requestPermission, tileData = 0x1023, 18 // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILE_DATA
	_, _, err := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, requestPermission, tileData, 0)
	return err == 0
}

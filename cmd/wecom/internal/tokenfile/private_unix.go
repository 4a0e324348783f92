//go:build !windows

package tokenfile

import "io/fs"

// checkPrivate returns [ErrPermissions] if others than the owner may read or
// write the file.
func checkPrivate(info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 != 0 {
		return ErrPermissions
	}
	return nil
}

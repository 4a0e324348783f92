//go:build !windows

package tokenfile

import "io/fs"

// CheckPrivate returns [ErrPermissions] if others than the owner may read or
// write the file.
func CheckPrivate(info fs.FileInfo) error {
	if info.Mode().Perm()&0o077 != 0 {
		return ErrPermissions
	}
	return nil
}

// Package archtest holds tests about the repository as a whole: which package
// may import what, what the packages that vendors link bring with them, and
// words that no file may hold. It has no code of its own to import.
package archtest

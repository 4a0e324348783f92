// Package iplist reads lists of IP addresses in the forms that the platform
// uses: single addresses, wildcards such as 222.209.201.*, and CIDR.
package iplist

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Entry is one line of a list: an address or many. The zero Entry contains none.
type Entry struct {
	v6    netip.Prefix // of an IPv6 entry
	bits4 uint32       // of an IPv4 entry: the octets that are fixed
	mask4 uint32
	is4   bool
}

// Parse reads one entry: "1.2.3.4", "222.209.201.*", "10.0.0.0/8", "2001:db8::1",
// "2001:db8::/32". A star stands for any value of one octet.
func Parse(s string) (Entry, error) {
	switch {
	case strings.Contains(s, "/"):
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			return Entry{}, errors.New("it is not an address with the length of a prefix")
		}
		return fromPrefix(prefix)
	case strings.Contains(s, "*"):
		return fromWildcard(s)
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return Entry{}, errors.New("it is neither an address nor one with wildcards")
	}
	return fromPrefix(netip.PrefixFrom(addr, addr.BitLen()))
}

// fromPrefix takes an IPv4 range that is written as IPv6 for what it is.
func fromPrefix(prefix netip.Prefix) (Entry, error) {
	const mapped = 96 // bits before the IPv4 part
	addr, bits := prefix.Addr(), prefix.Bits()
	if addr.Is4In6() {
		if bits < mapped {
			return Entry{}, errors.New("the prefix is too short for an IPv4 address in IPv6 form")
		}
		addr, bits = addr.Unmap(), bits-mapped
	}
	if !addr.Is4() {
		return Entry{v6: prefix.Masked()}, nil
	}
	octets := addr.As4()
	mask := ^uint32(0) << (32 - bits) // a shift by 32 gives 0
	return Entry{is4: true, mask4: mask, bits4: binary.BigEndian.Uint32(octets[:]) & mask}, nil
}

func fromWildcard(s string) (Entry, error) {
	const octets = 4
	parts := strings.Split(s, ".")
	if len(parts) != octets {
		return Entry{}, fmt.Errorf("an address with wildcards has %d parts", octets)
	}
	e := Entry{is4: true}
	for _, part := range parts {
		e.bits4 <<= 8
		e.mask4 <<= 8
		if part == "*" {
			continue
		}
		n, err := strconv.ParseUint(part, 10, 8)
		if err != nil || strconv.FormatUint(n, 10) != part {
			return Entry{}, errors.New("its parts must be * or a number from 0 to 255")
		}
		e.bits4 |= uint32(n)
		e.mask4 |= 0xff
	}
	return e, nil
}

// Contains reports whether addr is in e. An IPv4 address in IPv6 form counts as
// IPv4; a zone does not matter.
func (e Entry) Contains(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if !addr.Is4() {
		return e.v6.Contains(addr)
	}
	octets := addr.As4()
	return e.is4 && binary.BigEndian.Uint32(octets[:])&e.mask4 == e.bits4
}

package provider

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/iplist"
	"github.com/wecom-isv/wecom/internal/wire"
)

// IPList is the list of addresses that may call with the credentials of the
// provider (IP白名单), as it stands in the provider console: 222.209.201.*;1.2.3.4.
// The zero IPList contains none. It is safe for concurrent use.
type IPList struct {
	texts   []string
	entries []iplist.Entry
}

// ParseIPList reads a list as it stands in the provider console. Entries are
// split by semicolons; commas, blanks, line breaks and the Chinese forms of these
// are accepted too. An entry is an address, an IPv4 address with * in place of
// whole parts, or a CIDR range. The empty text is the empty list. The error names
// the entry that is none.
func ParseIPList(text string) (IPList, error) {
	var l IPList
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(";,；，、", r)
	}) {
		e, err := iplist.Parse(entry)
		if err != nil {
			return IPList{}, fmt.Errorf("provider: ParseIPList: entry %q: %w", wire.Brief(entry), err)
		}
		l.texts = append(l.texts, entry)
		l.entries = append(l.entries, e)
	}
	return l, nil
}

// Contains reports whether addr may call. An IPv4 address in IPv6 form counts as
// IPv4.
func (l IPList) Contains(addr netip.Addr) bool {
	for _, e := range l.entries {
		if e.Contains(addr) {
			return true
		}
	}
	return false
}

// String returns the list as the provider console takes it.
func (l IPList) String() string { return strings.Join(l.texts, ";") }

// Refused looks into an error for a refusal of the calling address (60020) and
// returns the address that the platform saw; ok reports whether there is one.
// listed says whether the list contains it: if not, the address is missing in the
// console; if so, the console has another list, or has had this one for less
// than the minute that a change takes.
//
//	if from, listed, ok := allowed.Refused(err); ok && !listed {
//		log.Printf("add %s to the IP list of the provider", from)
//	}
func (l IPList) Refused(err error) (from netip.Addr, listed, ok bool) {
	const notAllowed = wecom.Code(60020)
	refusal, isRefusal := errors.AsType[*wecom.Error](err)
	if !isRefusal || refusal.Code != notAllowed {
		return netip.Addr{}, false, false
	}
	from, parseErr := netip.ParseAddr(refusal.FromIP)
	if parseErr != nil {
		return netip.Addr{}, false, false
	}
	return from, l.Contains(from), true
}

package settings

import (
	"errors"
	"net/url"
	"regexp"
	"strings"

	"github.com/wecom-isv/wecom/crypto"
)

// Matches returns a check by a regular expression; want says in words what it takes.
func Matches(pattern, want string) func(string) error {
	re := regexp.MustCompile(pattern)
	return func(s string) error {
		if re.MatchString(s) {
			return nil
		}
		return errors.New(want)
	}
}

// IsSecret takes what may be a secret of the console.
func IsSecret(s string) error {
	return Matches(`^\S{20,}$`, "at least 20 characters without blanks")(s)
}

// IsAESKey takes an EncodingAESKey.
func IsAESKey(s string) error {
	if _, err := crypto.New("token", s); err != nil {
		return errors.New("43 letters and digits")
	}
	return nil
}

// IsURL takes the address of a site.
func IsURL(s string) error {
	u, err := url.Parse(s)
	if err != nil || !strings.HasPrefix(s, u.Scheme+"://") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("https://host, without query, user name or password")
	}
	return nil
}

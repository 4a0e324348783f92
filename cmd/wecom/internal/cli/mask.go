package cli

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// hidden stands in the output where a secret was.
const hidden = "[secret]"

// maskJSON returns a JSON document with every secret in it hidden, by the names
// of its fields; false if it is not JSON.
func maskJSON(text []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // ids have 64 bits
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, false
	}
	return maskValue("", v), true
}

func maskValue(name string, v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			v[key] = maskValue(key, inner)
		}
		return v
	case []any:
		for i, inner := range v {
			v[i] = maskValue(name, inner)
		}
		return v
	case string:
		if v != "" && isSecretName(name) {
			return hidden
		}
		return maskAddress(v)
	}
	return v
}

// isSecretName reports whether a field of that name holds a credential: by the
// names that the endpoint and event tables use.
func isSecretName(name string) bool {
	name = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
	for _, ending := range []string{"token", "secret", "ticket", "sessionkey", "aeskey", "chatkey", "password", "randomkey"} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	for _, public := range []string{"errcode", "errorcode", "statuscode", "resultcode", "typecode", "areacode", "countrycode", "zipcode", "postcode", "qrcode"} {
		if strings.HasSuffix(name, public) {
			return false
		}
	}
	return strings.HasSuffix(name, "code") || name == "activecodelist" || name == "codelist"
}

// holdsSecret reports whether a document has a field that holds a credential.
func holdsSecret(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if _, isText := inner.(string); isText && isSecretName(name) || holdsSecret(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsSecret)
	}
	return false
}

var (
	pair     = regexp.MustCompile(`([A-Za-z_]+)=([^&#"'\s<>]+)`)
	userinfo = regexp.MustCompile(`://[^/?#"'\s<>]+@`)
)

// maskAddress hides the secrets in an address: user and password, those in its
// query, and what proves or carries the text of a callback.
func maskAddress(s string) string {
	s = userinfo.ReplaceAllString(s, "://"+hidden+"@")
	return pair.ReplaceAllStringFunc(s, func(p string) string {
		name, _, _ := strings.Cut(p, "=")
		if isSecretName(name) || name == "msg_signature" || name == "echostr" {
			return name + "=" + hidden
		}
		return p
	})
}

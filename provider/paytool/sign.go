package paytool

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wecom-isv/wecom"
)

// signer signs the bodies of calls (收银台签名算法).
//
// WeCom docs: https://developer.work.weixin.qq.com/document/path/98768
type signer struct {
	secret wecom.Secret
	nonce  func() string // at most 32 bytes, never the same within 15 minutes
	now    func() time.Time
}

func newSigner(secret wecom.Secret) signer {
	return signer{secret: secret, nonce: rand.Text, now: time.Now}
}

// sign returns body, a JSON object, with nonce_str, ts and the sig over both and
// the rest.
func (s *signer) sign(body []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, errors.New("the body of a signed call must be a JSON object")
	}
	for _, name := range []string{"nonce_str", "ts", "sig"} {
		if _, taken := members[name]; taken {
			return nil, fmt.Errorf("the body of a signed call must not have a member %s: it is put in here", name)
		}
	}
	nonce, err := json.Marshal(s.nonce())
	if err != nil {
		return nil, err
	}
	signed := bytes.TrimSuffix(bytes.TrimSpace(body), []byte("}"))
	signed = slices.Clip(signed) // what follows must not write into body
	if len(members) > 0 {
		signed = append(signed, ',')
	}
	signed = append(signed, `"nonce_str":`...)
	signed = append(signed, nonce...)
	signed = append(signed, `,"ts":`...)
	signed = strconv.AppendInt(signed, s.now().Unix(), 10)
	text, err := stringToSign(append(slices.Clip(signed), '}'))
	if err != nil {
		return nil, err
	}
	signed = append(signed, `,"sig":"`...)
	signed = append(signed, signature(s.secret, text)...)
	return append(signed, `"}`...), nil
}

// signature returns the base64 form of the HMAC-SHA256 of text.
func signature(secret wecom.Secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret.Reveal()))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// stringToSign flattens a JSON object: its name=value pairs, sorted by their
// bytes as a whole and joined with &.
func stringToSign(body []byte) (string, error) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // digits are signed as they are sent
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return "", errors.New("the body of a signed call must be a JSON object")
	}
	pairs, err := appendPairs(nil, "", object)
	if err != nil {
		return "", err
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&"), nil
}

// appendPairs appends the pairs of one value. Only a scalar makes a pair, under
// the name of the member that it, or the list that it is in, belongs to; how
// deep it lies does not show. Empty strings and null make none, 0 does.
func appendPairs(pairs []string, name string, value any) (_ []string, err error) {
	switch value := value.(type) {
	case string:
		if value != "" {
			pairs = append(pairs, name+"="+value)
		}
	case json.Number:
		if strings.ContainsAny(value.String(), "eE") {
			return nil, fmt.Errorf("the number in member %s has an exponent, which cannot be signed", name)
		}
		pairs = append(pairs, name+"="+value.String())
	case bool:
		pairs = append(pairs, name+"="+strconv.FormatBool(value))
	case []any:
		for _, element := range value {
			if pairs, err = appendPairs(pairs, name, element); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for member, v := range value {
			if pairs, err = appendPairs(pairs, member, v); err != nil {
				return nil, err
			}
		}
	}
	return pairs, nil
}

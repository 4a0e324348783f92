// Package apitest checks the methods that claim a row of the endpoint table
// against it. A package has one case per row:
//
//	func TestEndpoints(t *testing.T) {
//		t.Parallel()
//		apitest.Run(t, []apitest.Case{{
//			ID:   "suite.get_auth_info",
//			Safe: true,
//			Call: func(ctx context.Context, api *wecom.Client) (any, error) {
//				return newSuite(api).GetAuthInfo(ctx, "auth_corpid_value", wecom.NewSecret("code_value"))
//			},
//		}})
//	}
//
// Method, path, credential and examples come from the row. Each case runs against
// a platform of its own that answers the row's endpoint as the check demands,
// and the endpoints that give tokens, in a bubble of testing/synctest: waits cost
// nothing. The test of internal/contract makes sure that no row is without a case.
package apitest

import (
	"context"
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/internal/contract"
)

// Case is one method of one row.
type Case struct {
	// ID names the row.
	ID string
	// Example names one of the row's further examples of the body; "" is
	// example_body. A row may have several cases.
	Example string
	// Query is what the request carries in its query beside the token. The table
	// has no examples of it.
	Query url.Values
	// Generated names fields of the body that the method makes up, such as a
	// nonce: they must be there, with any value.
	Generated []string
	// Token is the kind of token that the request carries. "" is what the row's
	// credential says; of those that travel as access_token it is [Corp].
	Token Kind
	// Safe says that the method only reads, so that it is sent again when the
	// platform fails inside or no reply arrives.
	Safe bool
	// Call makes the client under test on api, and what it needs (a ticket, a
	// permanent code), and calls the method with the arguments of the example. It
	// returns what the method returns; nil for a method that returns an error only.
	Call func(ctx context.Context, api *wecom.Client) (any, error)
}

// Run checks cases.
func Run(t *testing.T, cases []Case) {
	t.Helper()
	for _, c := range cases {
		row, err := contract.Find(c.ID)
		require.NoError(t, err)
		name := c.ID
		if c.Example != "" {
			name += "/" + c.Example
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := newSubject(c, row)
			require.NoError(t, err)
			for _, check := range checks {
				t.Run(check.name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						if err := check.run(t.Context(), s); err != nil {
							t.Error(err)
						}
					})
				})
			}
		})
	}
}

// subject is a case with its row.
type subject struct {
	Case
	row   *contract.Row
	token Kind
	body  any // what the request must carry, nil for nothing
}

func newSubject(c Case, row *contract.Row) (*subject, error) {
	s := &subject{Case: c, row: row, token: c.Token}
	if s.token == "" {
		s.token = kindOf[row.Credential]
	}
	if (s.token == "") != (row.Credential == "none") {
		return nil, fmt.Errorf("apitest: %s: token %q for the credential %s", row.ID, s.token, row.Credential)
	}
	text, ok := row.BodyExample(c.Example)
	if !ok {
		return nil, fmt.Errorf("apitest: %s: the row has no example %q", row.ID, c.Example)
	}
	if text != "" {
		var err error
		if s.body, err = decode([]byte(text)); err != nil {
			return nil, fmt.Errorf("apitest: %s: example of the body: %w", row.ID, err)
		}
		// The one token that travels in bodies, as the pages write it.
		if body, ok := s.body.(map[string]any); ok && body["suite_access_token"] == "SUITE_ACCESS_TOKEN" {
			body["suite_access_token"] = Value(Suite, 1)
		}
	}
	for _, f := range row.Query {
		if f.Required && len(c.Query[f.Name]) == 0 {
			return nil, fmt.Errorf("apitest: %s: Case.Query lacks %s, which the row requires", row.ID, f.Name)
		}
	}
	return s, nil
}

// uploads reports whether the request carries a file.
func (s *subject) uploads() bool { return s.row.ContentType == "multipart/form-data" }

// binary reports whether the reply is a file.
func (s *subject) binary() bool { return s.row.ExampleResponse != "" }

// The file that a method which uploads is given, and the one that a method
// which downloads gets.
const (
	FileName = "wework.txt"
	FileText = "mytext"
)

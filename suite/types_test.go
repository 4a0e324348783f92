package suite_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/suite"
)

func TestCorpExNameKeepsItsForm(t *testing.T) {
	t.Parallel()
	for wire, want := range map[string][]string{
		`{"name_list":"xx"}`:        {"xx"},
		`{"name_list":["xx"]}`:      {"xx"},
		`{"name_list":["xx","yy"]}`: {"xx", "yy"},
		`{"name_list":[]}`:          {},
	} {
		var n suite.CorpExName
		require.NoError(t, json.Unmarshal([]byte(wire), &n))
		assert.Equal(t, want, n.NameList)
		out, err := json.Marshal(n)
		require.NoError(t, err)
		assert.JSONEq(t, wire, string(out))
	}
	var info suite.CorpInfo
	require.NoError(t, json.Unmarshal([]byte(`{"corpid":"wpA","corp_name":"n"}`), &info))
	out, err := json.Marshal(info)
	require.NoError(t, err)
	assert.JSONEq(t, `{"corpid":"wpA","corp_name":"n"}`, string(out), "absent stays absent")
	require.Error(t, json.Unmarshal([]byte(`{"corp_ex_name":{"name_list":1}}`), &info))
}

func TestAgentOfOldAndNewApps(t *testing.T) {
	t.Parallel()
	var info suite.AuthInfo
	require.NoError(t, json.Unmarshal([]byte(`{"auth_corp_info":{"corpid":"wpA"}}`), &info))
	assert.Equal(t, suite.Agent{}, info.Agent(), "a contacts app has none")
	require.NoError(t, json.Unmarshal([]byte(`{"auth_info":{"agent":[
		{"agentid":1000014,"auth_mode":9,"privilege":{"level":42,"allow_party":[1]}},{"agentid":2}]}}`), &info))
	assert.EqualValues(t, 1000014, info.Agent().AgentID)
	assert.EqualValues(t, 42, info.Agent().Privilege.Level, "values that are not known yet survive")
	assert.EqualValues(t, 9, info.Agent().AuthMode)

	grant := suite.GetPermanentCodeResponse{AuthInfo: info.AuthInfo}
	assert.EqualValues(t, 1000014, grant.Agent().AgentID)
}

// source is a token source that counts.
type source struct {
	values   []string
	rejected []string
}

func (s *source) Token(context.Context) (wecom.Token, error) {
	return wecom.Token{Value: s.values[min(len(s.rejected), len(s.values)-1)], ExpiresAt: time.Now().Add(time.Hour)}, nil
}

func (s *source) Reject(_ context.Context, bad wecom.Token) error {
	s.rejected = append(s.rejected, bad.Value)
	return nil
}

func TestClaimCustomizedApp(t *testing.T) {
	t.Parallel()
	const path = "/cgi-bin/agent/claim_customized_app"
	tests := []struct {
		name           string
		replies        []string
		wantCode       wecom.Code
		calls          int
		access, inBody string // tokens of the last call
	}{
		{"accepted", []string{`{"errcode":0}`}, 0, 1, "self-1", "suite-token-1"},
		{"self-built app's token refused", []string{`{"errcode":40014}`, `{"errcode":0}`}, 0, 2, "self-2", "suite-token-1"},
		{"template's token refused", []string{`{"errcode":42009}`, `{"errcode":0}`}, 0, 2, "self-1", "suite-token-2"},
		{"refused for good", []string{`{"errcode":40082}`}, 40082, 2, "self-1", "suite-token-2"},
		{"other refusal", []string{`{"errcode":48002}`}, 48002, 1, "self-1", "suite-token-1"},
		{"failure inside", []string{`{"errcode":-1}`}, -1, 1, "self-1", "suite-token-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u := newUpstream(t)
			u.suiteTokens()
			u.on("POST", path, tt.replies...)
			tpl := customized(t, u.api(), suite.Config{})
			err := tpl.ClaimCustomizedApp(t.Context(), &source{values: []string{"self-1", "self-2"}})
			if tt.wantCode == 0 {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, tt.wantCode)
			}
			calls := u.to(path)
			require.Len(t, calls, tt.calls)
			last := calls[len(calls)-1]
			assert.Equal(t, "access_token="+tt.access, last.query.Encode())
			assert.Equal(t, map[string]any{"suite_access_token": tt.inBody}, last.body)
		})
	}
	tpl := customized(t, newUpstream(t).api(), suite.Config{})
	require.ErrorContains(t, tpl.MigrateToCustomizedApp(t.Context(), nil), "nil")
	failing := wecom.TokenFunc(func(context.Context) (wecom.Token, error) { return wecom.Token{}, errDown })
	require.ErrorIs(t, tpl.MigrateToCustomizedApp(t.Context(), failing), errDown)
}

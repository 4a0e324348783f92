package wecomtest

import (
	"encoding/json"
	"net/url"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A server that runs for weeks does not keep every token, code and file that it was
// asked for.
func TestWhatHasExpiredIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPlatform(t, WithoutServer())
		app, template, pkg := p.NewApp(AppConfig{}), p.NewTemplate(AppConfig{}), p.NewPackage(PackageConfig{})
		corp := p.NewCorp("Acme")
		g, _ := corp.authorize(app, installation{})
		ask := func(take handler, body map[string]any) {
			t.Helper()
			_, err := take(p, &call{
				body: body, query: url.Values{"type": {"file"}}, upload: &upload{"a.txt", []byte("content")},
				token: &token{app: app}, now: p.Now(),
			})
			require.NoError(t, err)
		}
		const perDay, days = 200, 60
		for i := range perDay * days {
			p.corpToken(g, NewTokenEachTime, p.Now())
			p.newAuthCode(g)
			p.newLicenseJob(jobRenew)
			ask((*Platform).getPreAuthCode, nil)
			ask((*Platform).getRegisterCode, map[string]any{"template_id": pkg.TemplateID})
			ask((*Platform).getCustomizedAuthURL, map[string]any{"state": "s", "templateid_list": []any{template.ID}})
			ask((*Platform).uploadMedia, nil)
			signedBody := map[string]any{"nonce_str": strconv.Itoa(i), "ts": json.Number(strconv.FormatInt(p.Now().Unix(), 10))}
			signedBody["sig"] = cashierSignature(p.provider.CashierSecret, signedBody)
			ask(signed((*Platform).getPreAuthCode), signedBody)
			time.Sleep(24 * time.Hour / perDay)
		}
		for what, n := range map[string]int{
			"tokens": len(p.tokens), "authorisation codes": len(p.authCodes), "licence jobs": len(p.shop.licenseJobs),
			"pre_auth_codes": len(p.preAuth), "register_codes": len(p.registers), "links": len(p.authLinks),
			"files": len(p.media), "nonces": len(p.shop.nonces),
		} {
			assert.Less(t, n, perDay*days/3, what)
		}
		expired := p.corpToken(g, NewTokenEachTime, p.Now())
		for range perDay {
			time.Sleep(tokenLife * 2 / perDay)
			p.corpToken(g, NewTokenEachTime, p.Now())
		}
		assert.Contains(t, p.tokens, expired.value, "it is still told from one that never was")
	})
}

func TestTranslationsAreForgottenWithTheirLink(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewPlatform(t, WithoutServer())
		corp := p.NewCorp("Acme")
		corp.authorize(p.NewApp(AppConfig{}), installation{})
		for range 5 {
			p.media["M"] = &medium{upload: upload{"a.txt", []byte("content")}, expires: p.Now().Add(mediaLife)}
			p.mu.Lock()
			_, err := p.translateIDs(&call{body: map[string]any{"auth_corpid": corp.ID, "media_id_list": []any{"M"}}, now: p.Now()})
			p.mu.Unlock()
			require.NoError(t, err)
			time.Sleep(translateLife + time.Hour)
		}
		held := 0
		for _, job := range p.translations {
			held += len(job.files)
		}
		assert.Equal(t, 1, held, "the file of the job whose link ended last goes with the next")
		assert.Len(t, p.translations, 5, "the jobs themselves stay known")
	})
}

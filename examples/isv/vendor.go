package main

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/callback"
	"github.com/wecom-isv/wecom/examples/isv/internal/records"
	"github.com/wecom-isv/wecom/provider"
	"github.com/wecom-isv/wecom/provider/license"
	"github.com/wecom-isv/wecom/register"
	"github.com/wecom-isv/wecom/sso"
	"github.com/wecom-isv/wecom/suite"
)

// vendor is the SDK's clients, wired for one app.
type vendor struct {
	app      *suite.Client
	login    *suite.Client // the login authorisation (登录授权); nil: there is none
	provider *provider.Client
	licences *license.Client
	register *register.Client
	members  *sso.App
	visitors *sso.App // members who sign in through the login authorisation; nil: there is none
	admins   *sso.ProviderLogin
	states   *sso.States
	meter    *meter
}

func newVendor(cfg config, store *storage, logger *slog.Logger) (*vendor, error) {
	v := &vendor{meter: new(meter)}
	opts := []wecom.Option{
		wecom.WithTokenCache(store.cache), wecom.WithLogger(logger), wecom.WithObserver(v.meter.observe),
		// Decide whom else to tell: module otelwecom makes metrics and traces of calls.
	}
	if cfg.BaseURL != "" {
		opts = append(opts, wecom.WithBaseURL(cfg.BaseURL))
	}
	api, err := wecom.New(opts...)
	if err != nil {
		return nil, err
	}
	if v.app, err = suite.New(api, suite.Config{ID: cfg.SuiteID, Secret: cfg.SuiteSecret, Codes: store.codes, PageURL: cfg.BaseURL}); err != nil {
		return nil, err
	}
	if v.provider, err = provider.New(api, provider.Config{CorpID: cfg.CorpID, Secret: cfg.ProviderSecret, PageURL: cfg.BaseURL}); err != nil {
		return nil, err
	}
	if cfg.loginSuiteID != "" {
		if v.login, err = suite.New(api, suite.Config{ID: cfg.loginSuiteID, Secret: cfg.loginSuiteSecret, Codes: store.codes, PageURL: cfg.BaseURL}); err != nil {
			return nil, err
		}
		v.visitors = sso.NewApp(v.login)
	}
	v.licences = license.New(v.provider)
	v.register = register.New(v.provider)
	v.members = sso.NewApp(v.app)
	v.admins = sso.NewProviderLogin(v.provider)
	key, err := deriveKey(cfg, "sign-in states")
	if err != nil {
		return nil, err
	}
	options := []sso.StatesOption{sso.WithUsedStates(sso.NewCacheUsedStates(store.cache))}
	if cfg.https() {
		options = append(options, sso.WithHTTPS())
	}
	v.states, err = sso.NewStates(key, options...)
	return v, err
}

// deriveKey makes a key that is the same in every process and after a restart,
// without another setting. It ends with the secret of the app, and with it what was
// signed.
//
// Decide whether keys of their own suit you better.
func deriveKey(cfg config, purpose string) (wecom.Secret, error) {
	key, err := hkdf.Key(sha256.New, []byte(cfg.SuiteSecret), nil, "wecom-isv "+purpose, 32)
	return wecom.NewSecret(string(key)), err
}

// installed follows an installation, whichever way it came: keep the customer. It
// may be called twice for one.
func (s *site) installed(ctx context.Context, auth *suite.Authorization) error {
	s.logger.InfoContext(ctx, "installed", "corp", auth.Corp.ID())
	return s.store.records.SaveCustomer(ctx, records.Customer{
		CorpID: auth.Corp.ID(), Name: auth.CorpInfo.CorpName, InstalledBy: auth.AuthUser.UserID, InstalledAt: time.Now(),
	})
}

// changed follows change_auth. Pages read the scope when they show it; what is kept
// here is the name.
func (s *site) changed(ctx context.Context, corp *suite.Corp, _ callback.ChangeAuth) error {
	customer, err := s.store.records.Customer(ctx, corp.ID())
	if err != nil {
		return err
	}
	info, err := corp.AuthInfo(ctx)
	if err != nil {
		return err
	}
	customer.Name = info.AuthCorpInfo.CorpName
	return s.store.records.SaveCustomer(ctx, customer)
}

// cancelled follows cancel_auth: WeCom obliges the provider to delete the corp's
// data.
func (s *site) cancelled(ctx context.Context, corpID string) error {
	s.logger.InfoContext(ctx, "cancelled", "corp", corpID)
	return s.store.records.DropCustomer(ctx, corpID)
}

// registered follows the registration of a new corp; the customer is kept when the
// installation that belongs to it arrives. It may be called twice.
//
// Decide what moves into the new corp's contacts: here is the place to begin
// register's contact migration, for which the token lives 30 minutes. This vendor
// has nobody to move, and unlocks the contacts at once.
func (s *site) registered(ctx context.Context, reg register.Registration) error {
	s.logger.InfoContext(ctx, "registered", "corp", reg.CorpID, "polled", reg.Polled)
	if reg.Contacts == nil {
		return nil
	}
	if err := reg.Contacts.ContactSyncSuccess(ctx); err != nil {
		return fmt.Errorf("unlock the contacts of corp %s: %w", reg.CorpID, err)
	}
	return nil
}

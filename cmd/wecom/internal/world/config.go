// Package world builds a simulated platform from a description: the provider, its
// apps, and the corps that are its customers.
package world

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/wecom-isv/wecom/wecomtest"
)

// Config describes a simulated platform. What is empty is made up. It is a file
// in YAML or JSON.
type Config struct {
	Provider ProviderConfig `yaml:"provider"`
	Apps     []AppConfig    `yaml:"apps"`
	Corps    []CorpConfig   `yaml:"corps"`
}

// ProviderConfig describes the service provider (服务商).
type ProviderConfig struct {
	CorpID      string `yaml:"corp_id"`
	Secret      string `yaml:"secret"`
	Token       string `yaml:"token"`
	AESKey      string `yaml:"aes_key"`
	CallbackURL string `yaml:"callback_url"` // system-event URL (系统事件接收URL)
	LoginDomain string `yaml:"login_domain"`
}

// AppConfig describes an app.
type AppConfig struct {
	Kind        string `yaml:"kind"` // third_party (default), template or login
	ID          string `yaml:"id"`
	Name        string `yaml:"name"`
	Secret      string `yaml:"secret"`
	Token       string `yaml:"token"`
	AESKey      string `yaml:"aes_key"`
	CallbackURL string `yaml:"callback_url"` // command URL (指令回调URL)
	DataURL     string `yaml:"data_url"`     // data URL (数据回调URL), with $CORPID$

	RedirectDomain     string   `yaml:"redirect_domain"`
	TrustedDomain      string   `yaml:"trusted_domain"`
	BusinessSettingURL string   `yaml:"business_setting_url"`
	HomeURL            string   `yaml:"home_url"`
	Unpublished        bool     `yaml:"unpublished"`
	Level              int      `yaml:"level"`
	Permissions        []string `yaml:"permissions"`
	ContactWrite       bool     `yaml:"contact_write"`
	SensitiveOK        bool     `yaml:"sensitive_ok"`
}

// CorpConfig describes a corp (企业).
type CorpConfig struct {
	Name  string       `yaml:"name"`
	Users []UserConfig `yaml:"users"` // beside the administrator
}

// UserConfig describes a member (成员).
type UserConfig struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Mobile string `yaml:"mobile"`
	Email  string `yaml:"email"`
}

// Read reads a description. A key that it does not know is an error, so that a
// misspelt one does not go unseen. The error never quotes a value.
func Read(r io.Reader) (Config, error) {
	const most = 1 << 20
	text, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return Config{}, fmt.Errorf("world: %w", err)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var cfg Config
	if err := decoder.Decode(&cfg); err != nil {
		if errors.Is(err, io.EOF) {
			return Config{}, errors.New("world: the file is empty")
		}
		return Config{}, fmt.Errorf("world: %s", withoutValues(err))
	}
	return cfg, nil
}

// withoutValues drops what an error of the YAML library quotes of the file.
func withoutValues(err error) string {
	var lines []string
	for line := range strings.Lines(err.Error()) {
		line, _, _ = strings.Cut(strings.TrimSpace(line), " `")
		lines = append(lines, line)
	}
	return strings.Join(lines, " ")
}

// Fill adds what a vendor's backend at public needs and the description lacks: an
// app, a login authorisation and two corps, and the callback URLs of the examples
// of this repository.
func (c *Config) Fill(public string) error {
	u, err := url.Parse(public)
	if public != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https") {
		return errors.New("world: the public URL is no address")
	}
	if len(c.Apps) == 0 {
		c.Apps = []AppConfig{{Name: "示例应用", Unpublished: true}, {Kind: "login", Name: "示例登录"}}
	}
	if len(c.Corps) == 0 {
		c.Corps = []CorpConfig{{Name: "晨光科技", Users: []UserConfig{{Name: "李雷"}}}, {Name: "远山书店", Users: []UserConfig{{Name: "韩梅梅"}}}}
	}
	if public == "" {
		return nil
	}
	public = strings.TrimRight(public, "/")
	fill := func(field *string, value string) {
		if *field == "" {
			*field = value
		}
	}
	fill(&c.Provider.CallbackURL, public+"/callback/system")
	fill(&c.Provider.LoginDomain, u.Host)
	for i := range c.Apps {
		app := &c.Apps[i]
		fill(&app.CallbackURL, public+"/callback/command")
		fill(&app.RedirectDomain, u.Host)
		fill(&app.TrustedDomain, u.Host)
		if app.Kind != "login" {
			fill(&app.DataURL, public+"/callback/data/$CORPID$")
		}
	}
	return nil
}

// app is the configuration as the platform takes it.
func (c AppConfig) app(token, key string) wecomtest.AppConfig {
	if c.Token == "" && c.AESKey == "" {
		c.Token, c.AESKey = token, key // one pair for all URLs, as a vendor may enter in the console
	}
	return wecomtest.AppConfig{
		ID: c.ID, Name: c.Name, Secret: c.Secret, Token: c.Token, AESKey: c.AESKey,
		CallbackURL: c.CallbackURL, DataURL: c.DataURL,
		RedirectDomain: c.RedirectDomain, TrustedDomain: c.TrustedDomain,
		BusinessSettingURL: c.BusinessSettingURL, HomeURL: c.HomeURL,
		Unpublished: c.Unpublished, Level: c.Level, Permissions: c.Permissions,
		ContactWrite: c.ContactWrite, SensitiveOK: c.SensitiveOK,
	}
}

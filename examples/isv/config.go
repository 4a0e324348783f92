package main

import (
	"errors"
	"net/url"
	"strings"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/examples/internal/databases"
	"github.com/wecom-isv/wecom/examples/internal/settings"
	"github.com/wecom-isv/wecom/suite"
)

// config is what the program is told by its environment. The variables of
// settings.Vendor mean the same as in the other examples.
type config struct {
	settings.Vendor
	loginSuiteID     string // of the login authorisation (登录授权); empty: there is none
	loginSuiteSecret string
	authType         suite.AuthType
	operators        map[identity]bool // who sees every customer
	domainFile       string            // name of the file that proves the domain; empty: none
	domainContent    string

	redis    string // empty: none
	postgres string // empty: SQLite
	storeKey string // empty: what is stored is not sealed
}

// identity says who somebody is. A user id alone may occur in many corps.
type identity struct{ corpID, userID string }

// configFromEnv reads the settings. online is false if there are none but those of
// the store: then the platform is simulated.
func configFromEnv(getenv func(string) string) (cfg config, online bool, err error) {
	var authType, operators, domain string
	online, err = cfg.Read(getenv,
		settings.Variable{
			Name: "WECOM_LOGIN_SUITE_ID", Into: &cfg.loginSuiteID, Optional: true, Check: settings.Matches(`^ww[0-9A-Za-z_-]{6,62}$`, "ww…"),
			Hint: "SuiteID of the login authorisation: 服务商管理后台 > 应用管理 > 登录授权. Without it members sign in inside WeCom only. Give it the Token, the EncodingAESKey and the command URL of the app",
		},
		settings.Variable{Name: "WECOM_LOGIN_SUITE_SECRET", Into: &cfg.loginSuiteSecret, Optional: true, Check: settings.IsSecret, Hint: "Secret beside that SuiteID"},
		settings.Variable{
			Name: "WECOM_AUTH_TYPE", Into: &authType, Optional: true, Check: settings.Matches(`^(test|formal)$`, "test or formal"),
			Hint: "test (the default) installs an app that is not published (测试授权), formal one that is (正式授权)",
		},
		settings.Variable{
			Name: "WECOM_OPERATORS", Into: &operators, Optional: true, Check: checkOperators,
			Hint: "members of your own corp who may see every customer; the page /me shows your corpid and userid once you are signed in",
		},
		settings.Variable{
			Name: "WECOM_DOMAIN_FILE", Into: &domain, Optional: true, Check: checkDomainFile,
			Hint: "the file that proves that the trusted domain (可信域名) is yours: its name and content, as the console has them",
		},
	)
	_, storeErr := settings.Read(getenv,
		settings.Variable{Name: "WECOM_REDIS", Into: &cfg.redis, Optional: true, Check: databases.CheckRedis, Hint: "tokens and what several processes share are kept there"},
		settings.Variable{Name: "WECOM_POSTGRES", Into: &cfg.postgres, Optional: true, Check: settings.Matches(`^postgres(ql)?://`, "a postgres:// URL"), Hint: "customers and permanent codes are kept there instead of in a SQLite file"},
		settings.Variable{Name: "WECOM_STORE_KEY", Into: &cfg.storeKey, Optional: true, Check: checkStoreKey, Hint: "seals permanent codes and tokens in the store; make it with: openssl rand -base64 32"},
	)
	if err := errors.Join(err, storeErr, cfg.complete(online)); err != nil {
		return config{}, online, err
	}
	cfg.authType = suite.AuthTypeTest
	if authType == "formal" {
		cfg.authType = suite.AuthTypeFormal
	}
	cfg.operators = parseOperators(operators)
	cfg.domainFile, cfg.domainContent, _ = strings.Cut(domain, "=")
	return cfg, online, nil
}

// complete finds what is set by halves, or cannot be used here.
func (c config) complete(online bool) error {
	if !online {
		return nil
	}
	var problems []error
	if (c.loginSuiteID == "") != (c.loginSuiteSecret == "") {
		problems = append(problems, errors.New("WECOM_LOGIN_SUITE_ID and WECOM_LOGIN_SUITE_SECRET belong together: set both or none"))
	}
	if at, err := url.Parse(c.PublicURL); err == nil && at.Host != "" && strings.Trim(at.Path, "/") != "" {
		problems = append(problems, errors.New("WECOM_PUBLIC_URL has a path: the pages of this program link to each other from the root of their host"))
	}
	return errors.Join(problems...)
}

// https reports whether browsers see the site over https.
func (c config) https() bool { return strings.HasPrefix(c.PublicURL, "https://") }

func checkOperators(s string) error {
	if len(parseOperators(s)) == 0 {
		return errors.New("corpid/userid, several with commas")
	}
	return nil
}

// parseOperators reads "corpid/userid,corpid/userid"; nil if s is not of that form.
func parseOperators(s string) map[identity]bool {
	operators := make(map[identity]bool)
	for one := range strings.SplitSeq(s, ",") {
		corpID, userID, _ := strings.Cut(strings.TrimSpace(one), "/")
		if corpID == "" || userID == "" {
			return nil
		}
		operators[identity{corpID, userID}] = true
	}
	return operators
}

var errDomainFile = errors.New("WW_verify_….txt=content of the file")

func checkDomainFile(s string) error {
	name, content, _ := strings.Cut(s, "=")
	if settings.Matches(`^(WW|MP)_verify_[0-9A-Za-z]{1,100}\.txt$`, "")(name) != nil || content == "" || len(content) > 1024 {
		return errDomainFile
	}
	return nil
}

func checkStoreKey(s string) error {
	if _, err := wecom.SealCache(wecom.NewMemoryCache(), sealKey(s)); err != nil {
		return errors.New("32 bytes in base64")
	}
	return nil
}

// sealKey names the key by its version: a second one would be "2".
func sealKey(s string) wecom.SealKey { return wecom.SealKey{ID: "1", Key: wecom.NewSecret(s)} }

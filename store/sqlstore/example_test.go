package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/wecom-isv/wecom"
	"github.com/wecom-isv/wecom/store/sqlstore"
	"github.com/wecom-isv/wecom/suite"
)

func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()

	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "wecom.db")+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(2000)&_txlock=immediate")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	store, err := sqlstore.New(db, sqlstore.SQLite)
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Migrate(ctx); err != nil { // at each start
		log.Fatal(err)
	}
	codes, err := suite.SealCodes(store, wecom.SealKey{ID: "2026-11", Key: wecom.NewSecret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")})
	if err != nil {
		log.Fatal(err)
	}

	// suite.Client.Authorize does this.
	err = codes.SaveCode(ctx, suite.PermanentCode{SuiteID: "ww0000000000000000", CorpID: "wp1", Code: wecom.NewSecret("permanent code"), At: time.Now()})
	if err != nil {
		log.Fatal(err)
	}
	inTable, err := store.LoadCode(ctx, "ww0000000000000000", "wp1")
	if err != nil {
		log.Fatal(err)
	}
	opened, err := codes.LoadCode(ctx, "ww0000000000000000", "wp1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(inTable.Code.Reveal()[:len("sealed.1.2026-11.")])
	fmt.Println(opened.Code.Reveal())
	// Output:
	// sealed.1.2026-11.
	// permanent code
}

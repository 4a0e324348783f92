// Package redisstore keeps what many processes share in Redis: tokens and
// tickets ([wecom.TokenCache]), the lock that lets one of them fetch
// ([wecom.Locker]), permanent codes ([suite.CodeStore]), and which events have been
// dealt with ([callback.Filter]).
//
//	client := redis.NewUniversalClient(&redis.UniversalOptions{
//		Addrs:                 []string{"redis.internal:6379"},
//		ContextTimeoutEnabled: true, // required
//		MaxRetries:            1,    // 3 retries of 5 dials each, the default,
//		DialerRetries:         1,    // make every operation slow while Redis is down
//	})
//	store, err := redisstore.New(client, redisstore.Config{})
//	...
//	api, err := wecom.New(wecom.WithTokenCache(store)) // and the lock with it
//	app, err := suite.New(api, suite.Config{ID: id, Secret: secret, Codes: store})
//	filter, err := store.Filter(redisstore.FilterConfig{})
//	mux.Dedupe(callback.DedupeConfig{Filter: filter})
//
// Single server, sentinel and cluster all work: every command and script touches
// one key. Redis 6.0 or newer; scripts are sent again when the server has lost
// them.
//
// # When Redis fails
//
// Slow or down. Every operation ends with its context; the client of package
// wecom gives 2 seconds to an operation on a token and 5 to a lock. A live token
// in memory keeps working without Redis. Without one, the process fetches its
// own, so that an outage costs at most one fetch per credential and process: it
// comes at once if Redis is down, and after 7 to 9 seconds if Redis takes 2 seconds
// to answer. A call for a corp whose token must be fetched fails while its
// permanent code, if that is kept here, cannot be read. A suite_ticket is kept in
// the process that received it; the push that follows the outage, 10 minutes later
// at most, reaches all of them again.
//
// Empty, after FLUSHALL or a failover to a replica that lagged behind. Tokens are
// fetched again, under the lock, once per credential. Tickets come back with the
// next push; processes that have one in memory go on with it.
//
// A holder of the lock that dies keeps it for 20 seconds; whoever waits for it
// fetches without the lock after 5.
//
// Full. Give tokens a server with the policy noeviction or volatile-ttl: another
// policy may evict permanent codes, which do not expire.
//
// Errors name the operation and the kind of record, such as "load token", never a
// value. Replies of the server are cut before they quote arguments.
//
// # Permanent codes
//
// A permanent code cannot be fetched again. Redis writes to disk once a second at
// best unless "appendfsync always" is set: a crash may lose the codes of the last
// second, and a failover those that the replica had not seen. Keep codes in
// package sqlstore, or in your own database, if that is too much to lose.
//
// # Security
//
// Whoever can read this Redis can act as you. Use TLS (Options.TLSConfig), a user
// of its own, and [wecom.SealCache] and [suite.SealCodes] so that a dump of Redis
// gives nothing away. This ACL is enough, for the default prefix:
//
//	ACL SETUSER wecom on >password ~wecom:* resetchannels -@all +ping +hello +auth +client|setname +get +set +del +eval +evalsha
//
// go-redis does not mind that it may not tell the server its name and version.
// With sentinel or a cluster add +role, +info, and +cluster|slots, +cluster|shards,
// +readonly, +command.
//
// # What is stored
//
//	wecom:token:<key>   {"v":1,"value":"…","version":…,"expires_at":…}   expires with the token
//	wecom:lock:<name>   random owner                                     expires with the lock
//	wecom:code:<key>    {"v":1,"code":"…","at":…}                        does not expire
//	wecom:event:<hash>  {"v":1,"owner":"…"} or {"v":1,"done":true,…}     expires with Hold or TTL
//
// Times are milliseconds since 1970. Later releases read what this one writes.
//
// The lock is redsync's, on one Redis. It checks the owner on release, and takes
// its own lock back when a reply was lost.
package redisstore

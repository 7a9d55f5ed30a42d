// rueidis: keys, a transaction, a script, pub/sub, its cache; what is not its own.
package main

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

func withRueidis(job Job) {
	ctx := context.Background()
	opened := func(cached bool) (rueidis.Client, error) {
		return rueidis.NewClient(rueidis.ClientOption{
			InitAddress: []string{address}, Username: job.User, Password: job.Password, DisableCache: !cached, DisableRetry: true,
		})
	}
	var client rueidis.Client
	if !step("connect", func() (bool, error) {
		made, err := opened(false)
		client = made
		return err == nil, err
	}) {
		return
	}
	defer client.Close()
	key := job.Prefix + ":key"
	do := func(command rueidis.Completed) (string, error) { return client.Do(ctx, command).ToString() }
	step("set", func() (string, error) { return do(client.B().Set().Key(key).Value("1").Build()) }, "OK")
	step("transaction", func() (string, error) {
		replies := client.DoMulti(ctx, client.B().Multi().Build(), client.B().Incr().Key(key).Build(), client.B().Exec().Build())
		values, err := replies[2].AsIntSlice()
		if err != nil {
			return "", err
		}
		return map[bool]string{true: "2"}[values[0] == 2], nil
	}, "2")
	add := rueidis.NewLuaScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
	run := func() (int64, error) { return add.Exec(ctx, client, []string{key}, []string{"3"}).AsInt64() }
	step("script", run, 5)
	step("script again", run, 8)
	news := job.Prefix + ":news"
	heard := func(subscribe rueidis.Completed) (string, error) {
		listening, cancel := client.Dedicate()
		defer cancel()
		arrived := make(chan string, 1)
		closed := listening.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: func(message rueidis.PubSubMessage) { arrived <- message.Message }})
		if err := listening.Do(ctx, subscribe).Error(); err != nil {
			return "", err
		}
		if err := client.Do(ctx, client.B().Publish().Channel(news).Message("hello").Build()).Error(); err != nil {
			return "", err
		}
		select {
		case said := <-arrived:
			return said, nil
		case err := <-closed:
			return "", err
		}
	}
	step("channel", func() (string, error) { return heard(client.B().Subscribe().Channel(news).Build()) }, "hello")
	step("pattern", func() (string, error) { return heard(client.B().Psubscribe().Pattern(job.Prefix + ":*").Build()) }, "hello")
	var cached rueidis.Client
	if step("connect with a cache", func() (bool, error) {
		made, err := opened(true)
		cached = made
		return err == nil, err
	}) {
		defer cached.Close()
		kept := job.Prefix + ":cached"
		set := func(value string) error {
			return client.Do(ctx, client.B().Set().Key(kept).Value(value).Build()).Error()
		}
		get := func() (string, error) {
			return cached.DoCache(ctx, cached.B().Get().Key(kept).Cache(), time.Minute).ToString()
		}
		step("cached", func() (string, error) {
			if err := set("old"); err != nil {
				return "", err
			}
			return get()
		}, "old")
		step("changed", func() (string, error) {
			if err := set("new"); err != nil {
				return "", err
			}
			// Answered on the same connection, after the server has told of the change.
			if err := cached.Do(ctx, cached.B().Get().Key(kept).Build()).Error(); err != nil {
				return "", err
			}
			return get()
		}, "new")
	}
	step("foreign key", func() (string, error) { return do(client.B().Get().Key("other:key").Build()) })
	step("flush", func() (string, error) { return do(client.B().Flushdb().Build()) })
}

// go-redis: keys, a transaction, a script, pub/sub; names of keys; what is not its own.
package main

import (
	"context"

	"github.com/redis/go-redis/v9"
)

func withGoRedis(job Job) {
	ctx := context.Background()
	client := redis.NewClient(&redis.Options{Addr: address, Username: job.User, Password: job.Password, MaxRetries: -1})
	defer client.Close()
	key := job.Prefix + ":key"
	step("set", func() (string, error) { return client.Set(ctx, key, "1", 0).Result() }, "OK")
	step("transaction", func() (string, error) {
		var got *redis.StringCmd
		_, err := client.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Incr(ctx, key)
			got = pipe.Get(ctx, key)
			return nil
		})
		if err != nil {
			return "", err
		}
		return got.Val(), nil
	}, "2")
	add := redis.NewScript("return redis.call('INCRBY', KEYS[1], ARGV[1])")
	run := func() (int, error) { return add.Run(ctx, client, []string{key}, 3).Int() }
	step("script", run, 5)
	step("script again", run, 8)
	heard := func(pubsub *redis.PubSub, channel string) (string, error) {
		defer pubsub.Close()
		// The confirmation, or the refusal.
		if _, err := pubsub.Receive(ctx); err != nil {
			return "", err
		}
		if err := client.Publish(ctx, channel, "hello").Err(); err != nil {
			return "", err
		}
		message, err := pubsub.ReceiveMessage(ctx)
		if err != nil {
			return "", err
		}
		return message.Payload, nil
	}
	news := job.Prefix + ":news"
	step("channel", func() (string, error) { return heard(client.Subscribe(ctx, news), news) }, "hello")
	step("pattern", func() (string, error) { return heard(client.PSubscribe(ctx, job.Prefix+":*"), news) }, "hello")
	step("narrower pattern", func() (string, error) { return heard(client.PSubscribe(ctx, job.Prefix+":n*"), news) })
	step("scan", func() ([]string, error) {
		names, _, err := client.Scan(ctx, 0, "*", 10).Result()
		return names, err
	})
	step("names", client.Keys(ctx, "*").Result)
	step("foreign key", client.Get(ctx, "other:key").Result)
	step("foreign channel", client.Publish(ctx, "other:news", "hello").Result)
	step("flush", client.FlushDB(ctx).Result)
}

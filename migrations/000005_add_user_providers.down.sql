DROP TABLE user_providers;

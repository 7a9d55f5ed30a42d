DROP TABLE refresh_tokens, users;
DROP FUNCTION keep_timestamps();

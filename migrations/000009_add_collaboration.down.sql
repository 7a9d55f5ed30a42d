DROP TABLE session_participants;
DROP TABLE collaboration_sessions;

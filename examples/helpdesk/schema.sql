-- The helpdesk's own tables. What hooks need beside them: verbatim hooks outbox examples/helpdesk/hooks.yaml --dialect sqlite
CREATE TABLE organisations (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE users (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL, role TEXT NOT NULL, org_id INTEGER NOT NULL REFERENCES organisations
);
CREATE TABLE tickets (
  id INTEGER PRIMARY KEY, title TEXT NOT NULL, priority TEXT NOT NULL, org_id INTEGER NOT NULL REFERENCES organisations,
  author_id INTEGER NOT NULL REFERENCES users
);
INSERT INTO organisations VALUES (1, 'Cedar'), (2, 'Birch');
INSERT INTO users VALUES
  (1, 'agent-one@cedar.example', 'agent', 1), (2, 'agent-two@cedar.example', 'agent', 1),
  (3, 'author@cedar.example', 'member', 1), (4, 'agent@birch.example', 'agent', 2);

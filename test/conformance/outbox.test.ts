import { outboxConformance } from "./outbox.ts";
import { postgresSubject, sqliteSubject } from "./outbox-subject.ts";

outboxConformance("a SQLite file", sqliteSubject);
outboxConformance("PostgreSQL", postgresSubject);

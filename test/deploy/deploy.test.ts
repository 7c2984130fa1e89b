import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { configurationSchema } from "../../src/main/configuration.ts";
import { lacks } from "../support/needs.ts";
import { at, configurationOf, deployed, documentsOf, filesOf, listAt } from "./files.ts";
import type { Node } from "./files.ts";

const ROOT = join(import.meta.dirname, "../..");
const PROCESSES = ["api", "scheduler", "worker"] as const;
/** Seconds that a stop needs beside those for running jobs: the last streams, the last records. */
const BESIDE_DRAIN_SECONDS = 20;

const drainSeconds = (name: string): number => configurationSchema.parse(configurationOf(name)).drain_seconds;
const LONGEST_STOP = Math.max(...PROCESSES.map(drainSeconds)) + BESIDE_DRAIN_SECONDS;

/** Names of the files below `keys` that a configuration speaks of. */
function keysOf(name: string): readonly string[] {
  return [...JSON.stringify(configurationOf(name)).matchAll(/"keys\/([^"]+)"/g)].map(([, file = ""]) => file);
}

function userOf(unit: string): string | undefined {
  return /^User=(.*)$/m.exec(deployed(`systemd/${unit}`))?.[1];
}

describe("the configurations of deploy/", () => {
  test.each(PROCESSES)("%s.yaml is taken by the program", (name) => {
    expect(configurationSchema.safeParse(configurationOf(name)).error?.issues).toBeUndefined();
  });

  test("offer the same steps everywhere, and a key to sign with to everybody but workers", () => {
    const [api, scheduler, worker] = PROCESSES.map(configurationOf);
    expect(api?.["steps"]).toEqual(worker?.["steps"]);
    expect(scheduler?.["steps"]).toEqual(worker?.["steps"]);
    for (const one of [scheduler, worker]) expect(at(one, "workers", "queue")).toEqual(at(api, "workers", "queue"));
    expect(at(api, "workers", "scheduler")).toBe(false);
    expect(api?.["signing"]).toEqual(scheduler?.["signing"]);
    expect(worker).not.toHaveProperty("signing");
    expect(worker).not.toHaveProperty("identity");
  });

  test("stand in Kubernetes' ConfigMap letter by letter", () => {
    const [map] = documentsOf("kubernetes/configuration.yaml");
    const files = PROCESSES.map((name) => [`${name}.yaml`, deployed(`configuration/${name}.yaml`)]);
    expect(map?.["data"]).toEqual(Object.fromEntries(files));
  });

  test("name files that compose gives to the same process as a secret, and no process is given another", () => {
    const [compose] = documentsOf("compose.yaml");
    for (const [service, name] of [
      ["api", "api"],
      ["scheduler", "scheduler"],
      ["worker-1", "worker"],
      ["worker-2", "worker"],
    ] as const) {
      const given = listAt(compose, "services", service, "secrets").map((secret) => String(at(secret, "target")));
      expect(given.toSorted()).toEqual(
        [...new Set(keysOf(name))].map((file) => `/etc/verbatim/keys/${file}`).toSorted(),
      );
    }
  });

  test("name files that stand in the Secrets which Kubernetes gives to the same process", () => {
    const secrets = documentsOf("kubernetes/secrets.example.yaml").map(
      (secret) => [at(secret, "metadata", "name"), Object.keys(at(secret, "stringData") as Node)] as const,
    );
    const files = new Map(secrets.map(([secret, names]) => [String(secret), names]));
    for (const [file, name] of [
      ["api", "api"],
      ["scheduler", "scheduler"],
      ["workers", "worker"],
    ] as const) {
      const pod = podOf(`kubernetes/${file}.yaml`);
      const given = listAt(pod, "volumes").flatMap(
        (volume) => files.get(String(at(volume, "secret", "secretName"))) ?? [],
      );
      expect(given.toSorted()).toEqual([...new Set(keysOf(name))].toSorted());
    }
  });
});

/** The pod of the first document. */
function podOf(path: string): Node {
  return at(documentsOf(path)[0], "spec", "template", "spec") as Node;
}

describe("a stop waits for as long as the configurations say", () => {
  test("under compose, systemd and Kubernetes", () => {
    const services = at(documentsOf("compose.yaml")[0], "services") as Record<string, unknown>;
    for (const [name, service] of Object.entries(services))
      expect([name, Number.parseInt(String(at(service, "stop_grace_period")), 10)]).toEqual([
        name,
        atLeast(LONGEST_STOP),
      ]);
    for (const name of filesOf("systemd"))
      expect(Number(/^TimeoutStopSec=(\d+)$/m.exec(deployed(`systemd/${name}`))?.[1])).toEqual(atLeast(LONGEST_STOP));
    for (const file of ["api", "scheduler", "workers"])
      expect(podOf(`kubernetes/${file}.yaml`)["terminationGracePeriodSeconds"]).toEqual(atLeast(LONGEST_STOP));
  });
});

function atLeast(seconds: number): unknown {
  return expect.toSatisfy((value: number) => value >= seconds, `at least ${seconds} s`);
}

describe("compose.yaml holds together", () => {
  const [compose = {}] = documentsOf("compose.yaml");
  const services = Object.entries(compose["services"] as Record<string, unknown>);

  test("every secret and volume that a service names is declared, and every one that is declared is used", () => {
    const secrets = services.flatMap(([, service]) =>
      listAt(service, "secrets").map((secret) => (typeof secret === "string" ? secret : String(at(secret, "source")))),
    );
    const volumes = services.flatMap(([, service]) =>
      listAt(service, "volumes").map((volume) => String(volume).split(":")[0] ?? ""),
    );
    expect([...new Set(secrets)].toSorted()).toEqual(Object.keys(compose["secrets"] as Node).toSorted());
    expect([...new Set(volumes.filter((volume) => !volume.startsWith(".")))].toSorted()).toEqual(
      Object.keys(compose["volumes"] as Node).toSorted(),
    );
    for (const bound of volumes.filter((volume) => volume.startsWith("."))) expect(deployed(bound)).not.toBe("");
  });

  test("every process of ours runs as somebody, can get no rights, and has a volume that no other one has", () => {
    const ours = services.filter(([name]) => name !== "postgres");
    expect(ours).toHaveLength(4);
    const own = ours.map(([, service]) => {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
      expect(String(at(service, "user"))).toMatch(/^\$\{VERBATIM_UID:-1000\}$/);
      return String(listAt(service, "volumes")[1]).split(":")[0];
    });
    expect(new Set(own).size).toBe(4);
  });

  test.skipIf(lacks("openssl"))(
    "prepare.sh makes every file that it names as a secret, and nothing that is there twice",
    async () => {
      const directory = await mkdtemp(join(tmpdir(), "verbatim-deploy-"));
      try {
        const verbatim = `${process.execPath} ${join(ROOT, "src/main/bin.ts")}`;
        const prepare = () =>
          spawnSync("sh", [join(ROOT, "deploy/prepare.sh"), directory], {
            env: { PATH: process.env["PATH"], VERBATIM: verbatim },
            encoding: "utf8",
          });
        expect(prepare()).toMatchObject({ status: 0 });
        for (const secret of Object.values(compose["secrets"] as Record<string, { readonly file: string }>)) {
          const { mode } = await stat(join(directory, secret.file));
          expect([secret.file, (mode & 0o777).toString(8)]).toEqual([
            secret.file,
            secret.file.includes("postgres-") ? "444" : "600",
          ]);
        }
        expect(((await stat(join(directory, "secrets"))).mode & 0o777).toString(8)).toBe("700");
        expect(prepare()).toMatchObject({
          status: 2,
          stderr: expect.stringContaining("There is a directory secrets here"),
        });
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );
});

describe("the units of systemd", () => {
  test.skipIf(lacks("systemd-analyze"))("are what systemd-analyze calls sound", async () => {
    const directory = await mkdtemp(join(tmpdir(), "verbatim-units-"));
    try {
      // The program is not installed here: what systemd says of a missing one is no mistake of the unit.
      for (const name of filesOf("systemd")) {
        const text = deployed(`systemd/${name}`).replace("ExecStart=/usr/bin/node", "ExecStart=/bin/true");
        await writeFile(join(directory, name.replace("@.", "@1.")), text);
      }
      const units = (await readdir(directory)).map((name) => join(directory, name));
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", "--man=no", ...units], { encoding: "utf8" });
      expect([status, stderr.split("\n").filter((line) => line.includes("verbatim"))]).toEqual([0, []]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("give workers another user than servers, so that no command of a step reads their keys", () => {
    expect(userOf("verbatim-worker@.service")).toBe("verbatim-worker");
    expect(userOf("verbatim.service")).toBe("verbatim");
    expect(userOf("verbatim-scheduler.service")).toBe("verbatim");
    expect(deployed("systemd/verbatim-worker@.service")).not.toMatch(/\/etc\/verbatim\//);
  });
});

describe("the manifests of Kubernetes hold together", () => {
  const files = listAt(parse(deployed("kubernetes/kustomization.yaml")), "resources").map(String);
  const all = files.flatMap((file) => documentsOf(`kubernetes/${file}`));
  const podLabels = all.flatMap((document) => {
    const labels = at(document, "spec", "template", "metadata", "labels") as
      | Readonly<Record<string, string>>
      | undefined;
    return labels === undefined ? [] : [labels];
  });

  test("every file of the folder is applied, but the example and the list itself", () => {
    expect([...files, "kustomization.yaml", "secrets.example.yaml"].toSorted()).toEqual(filesOf("kubernetes"));
  });

  test("every selector selects pods that there are", () => {
    const selectors = all.flatMap((document) => {
      const { spec } = document as { readonly spec?: Node };
      const found = [at(spec, "selector", "matchLabels"), at(spec, "podSelector", "matchLabels")];
      if (document["kind"] === "Service") found.push(at(spec, "selector"));
      return found.filter((labels) => labels !== undefined) as Readonly<Record<string, string>>[]; // mappings of labels
    });
    expect(selectors).toHaveLength(3 + 3 + 2 + 1); // pods, disruption budgets, network policies, the service
    for (const wanted of selectors) expect(podLabels).toContainEqual(expect.objectContaining(wanted));
  });

  test("every mount has its volume, and no pod may have more rights than it needs", () => {
    for (const file of ["api", "scheduler", "workers"]) {
      const pod = podOf(`kubernetes/${file}.yaml`);
      const claims = listAt(documentsOf(`kubernetes/${file}.yaml`)[0], "spec", "volumeClaimTemplates");
      const volumes = [
        ...listAt(pod, "volumes").map((volume) => at(volume, "name")),
        ...claims.map((claim) => at(claim, "metadata", "name")),
      ];
      const containers = [...listAt(pod, "initContainers"), ...listAt(pod, "containers")];
      for (const container of containers) {
        for (const mount of listAt(container, "volumeMounts")) expect(volumes).toContain(at(mount, "name"));
        expect(at(container, "securityContext")).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        });
      }
      expect(pod["securityContext"]).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
    }
  });

  test("the ports of the servers are those of their configuration", () => {
    const { listen, http } = configurationSchema.parse(configurationOf("api"));
    const ports = listAt(podOf("kubernetes/api.yaml"), "containers", 0, "ports").map((port) =>
      at(port, "containerPort"),
    );
    expect(ports.map((port) => `0.0.0.0:${String(port)}`)).toEqual([listen, http?.listen]);
  });
});

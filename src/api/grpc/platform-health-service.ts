import { timeViolations } from "./asked-time.ts";
import { LIMITS, SYSTEM_SCOPE } from "#model";
import type { HealthSignal, HealthSignals, PastSignal, Platform, Violation } from "#model";
import type { ReportSignalRequest, Signal } from "../gen/verbatim/health/v1/health_pb.ts";
import { PlatformHealthService } from "../gen/verbatim/health/v1/health_pb.ts";
import { refuseIfAny } from "./checks.ts";
import { LARGEST_PAGE } from "./pages.ts";
import { configured } from "./platform-service.ts";
import type { MountedService } from "./service.ts";
import { mount } from "./service.ts";
import { healthStatusNumber, healthStatusOf } from "./told-platform.ts";
import { rfc3339, timestamp } from "./wire-values.ts";

/** What the service is made with. Both absent = the configuration has no platform. */
export interface PlatformHealthServiceOptions {
  /** Whose capabilities can be spoken of. */
  readonly platform?: Platform;
  readonly signals?: HealthSignals;
}

/** `verbatim.health.v1.PlatformHealthService`: takes what is said about health, and tells what it comes to. */
export function platformHealthService({ platform, signals }: PlatformHealthServiceOptions): MountedService {
  return mount(PlatformHealthService, {
    reportSignal(request) {
      const known = configured(signals);
      refuseIfAny([...scopeViolations(request.scope, platform), ...statusViolations(request)]);
      const signal = signalMessage(known.report(reportOf(request)));
      return Promise.resolve({ $typeName: "verbatim.health.v1.ReportSignalResponse", signal });
    },

    withdrawSignal({ source, scope }) {
      const withdrawn = configured(signals).withdraw(source, scope);
      return Promise.resolve({ $typeName: "verbatim.health.v1.WithdrawSignalResponse", withdrawn });
    },

    async getHealth({ scope: asked }) {
      const known = configured(signals);
      const scope = asked === "" ? SYSTEM_SCOPE : asked;
      refuseIfAny(scopeViolations(scope, platform));
      const { status, blocks, reasons } = await known.state(scope);
      const told = { scope, status: healthStatusNumber(status), blocks, reasons: [...reasons] };
      return { $typeName: "verbatim.health.v1.GetHealthResponse", ...told };
    },

    async listSignals({ since, limit }, { shares }) {
      const known = configured(signals);
      refuseIfAny([
        ...timeViolations("since", since),
        ...(limit > LARGEST_PAGE
          ? [{ field: "limit", description: `is ${limit}; expected 1 to ${LARGEST_PAGE}` }]
          : []),
      ]);
      await shares.answer.take(LIMITS.responseBytes);
      const most = limit === 0 ? LARGEST_PAGE : limit;
      const found = since === undefined ? known.signals().slice(0, most) : known.history(rfc3339(since), most);
      return { $typeName: "verbatim.health.v1.ListSignalsResponse", signals: found.map(signalMessage) };
    },
  });
}

function reportOf({ source, scope, status, reason, ttlSeconds }: ReportSignalRequest) {
  const said = { source, scope, status: healthStatusOf(status) ?? "UNKNOWN", reason } as const; // another one was refused
  return ttlSeconds === undefined ? said : { ...said, ttlSeconds };
}

function statusViolations({ status }: ReportSignalRequest): readonly Violation[] {
  if (healthStatusOf(status) !== undefined) return [];
  return [{ field: "status", description: `is ${status}; expected HEALTHY, DEGRADED, BLOCKED or UNKNOWN` }];
}

/** Only what is there can be well or not. */
function scopeViolations(scope: string, platform: Platform | undefined): readonly Violation[] {
  if (scope === SYSTEM_SCOPE || platform?.capabilities().some(({ name }) => name === scope) === true) return [];
  const expected = `expected "${SYSTEM_SCOPE}" or a capability that stands under platform.capabilities in the configuration`;
  return [{ field: "scope", description: `is ${JSON.stringify(scope.slice(0, LIMITS.idCharacters))}; ${expected}` }];
}

function signalMessage(signal: HealthSignal | PastSignal): Signal {
  const { source, scope, status, reason, since, reportedAt, expiresAt, expired } = signal;
  const until = "until" in signal ? signal.until : null;
  return {
    $typeName: "verbatim.health.v1.Signal",
    source,
    scope,
    status: healthStatusNumber(status),
    reason,
    since: timestamp(since),
    reportedAt: timestamp(reportedAt),
    ...(expiresAt !== null && { expiresAt: timestamp(expiresAt) }),
    expired,
    ...(until !== null && { until: timestamp(until) }),
  };
}

{{/* What the schema can't say, or not in words. Takes a list: the chart, the settings that it makes itself. */}}
{{- define "sluice.check" -}}
{{- $values := (index . 0).Values }}
{{- $made := index . 1 }}
{{- $secrets := list "SLUICE_SECRET_KEY" "SLUICE_ADMIN_PASSWORD" "SLUICE_METRICS_TOKEN" "SLUICE_OIDC_CLIENT_SECRET" "SLUICE_S3_SECRET" "EMAIL_URL" "DATABASE_URL" "REDIS_URL" }}
{{- range $key, $_ := $values.settings }}
{{- if hasKey $made $key }}
{{- fail (printf "settings.%s is made of other values: host, sessions, runner.sessions" $key) }}
{{- else if has $key $secrets }}
{{- fail (printf "settings.%s is a secret: put it into the Secret %q" $key $values.secret) }}
{{- else if has $key (list "SLUICE_HOST_NAME" "SLUICE_BIND" "SLUICE_PORT" "SLUICE_VAR" "SLUICE_PARTS") }}
{{- fail (printf "settings.%s is the chart's own to say: take it out" $key) }}
{{- else if not (hasPrefix "SLUICE_" $key) }}
{{- fail (printf "settings.%s is no setting of Sluice's: docs/operating.md has them all" $key) }}
{{- end }}
{{- end }}
{{- if not $values.host }}
{{- fail "host is missing: give the name that people type, as --set host=sluice.example.org" }}
{{- else if not (regexMatch "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$" $values.host) }}
{{- fail (printf "host is %q: give the name alone, in small letters, without https:// and without a port" $values.host) }}
{{- end }}
{{- if not (or $values.settings.SLUICE_S3_BUCKET $values.results.claim) }}
{{- fail "Results have no place that web and runners share: set settings.SLUICE_S3_BUCKET, or results.claim to a ReadWriteMany claim" }}
{{- end }}
{{- if eq $values.sessions.namespace (index . 0).Release.Namespace }}
{{- fail (printf "sessions.namespace is %q, the portal's own: sessions need one that has nothing else in it" $values.sessions.namespace) }}
{{- end }}
{{- if and $values.sessions.registry (not (hasSuffix "/" $values.sessions.registry)) }}
{{- fail (printf "sessions.registry is %q: it goes before a tag, so end it with a slash" $values.sessions.registry) }}
{{- end }}
{{- if lt (int $values.web.maxReplicas) (int $values.web.replicas) }}
{{- fail (printf "web.maxReplicas is %d, fewer than the %d of web.replicas" (int $values.web.maxReplicas) (int $values.web.replicas)) }}
{{- end }}
{{- end }}

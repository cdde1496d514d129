{{/* What every pod is: the strictest of the pod security standards, and no more of the node than it needs. */}}
{{- define "sluice.confined" -}}
allowPrivilegeEscalation: false
capabilities: {drop: [ALL]}
readOnlyRootFilesystem: true
{{- end }}

{{/* Takes a list: the chart, the user. */}}
{{- define "sluice.pod" -}}
# A service called sluice would say that the portal's port is an address.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ index . 1 }}
  runAsGroup: {{ index . 1 }}
  fsGroup: {{ index . 1 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with (index . 0).Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* On which nodes the portal is; sessions are wherever there is room. */}}
{{- define "sluice.placed" -}}
nodeSelector: {{ toJson .Values.nodeSelector }}
tolerations: {{ toJson .Values.tolerations }}
{{- end }}

{{/* What every container of the portal has. */}}
{{- define "sluice.container" -}}
image: {{ include "sluice.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "sluice.confined" . | nindent 2 }}
envFrom:
  - configMapRef: {name: {{ include "sluice.name" . }}}
  - secretRef: {name: {{ .Values.secret }}}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  - {name: run, mountPath: /var/lib/sluice/run}
  - {name: results, mountPath: /var/lib/sluice/results}
  {{- if .Values.trusted }}
  - {name: trusted, mountPath: /trusted, readOnly: true}
  {{- end }}
{{- end }}

{{/* Named one by one, so that a pod whose Secret lacks one says which. */}}
{{- define "sluice.environment" -}}
{{- $secret := .Values.secret -}}
- name: SLUICE_SECRET_KEY
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: SLUICE_SECRET_KEY}}
{{- if .Values.postgres.enabled }}
- name: PGPASSWORD
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: POSTGRES_PASSWORD}}
- name: DATABASE_URL
  value: postgres://sluice@{{ include "sluice.name" . }}-postgres/sluice
{{- else }}
- name: DATABASE_URL
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: DATABASE_URL}}
{{- end }}
{{- if .Values.redis.enabled }}
- name: REDIS_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: REDIS_PASSWORD}}
- name: REDIS_URL
  value: redis://:$(REDIS_PASSWORD)@{{ include "sluice.name" . }}-redis:6379/0
{{- else }}
- name: REDIS_URL
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: REDIS_URL}}
{{- end }}
{{- end }}

{{- define "sluice.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: 2Gi}
- name: run
  emptyDir: {medium: Memory, sizeLimit: 64Mi}
- name: results
  {{- if .Values.results.claim }}
  persistentVolumeClaim: {claimName: {{ .Values.results.claim }}}
  {{- else }}
  emptyDir: {sizeLimit: 8Gi}
  {{- end }}
{{- if .Values.trusted }}
- name: trusted
  configMap: {name: {{ .Values.trusted }}}
{{- end }}
{{- end }}

{{/* Nothing works on a database that isn't this release's: what comes first waits for it. */}}
{{- define "sluice.waits" -}}
- name: wait
  {{- include "sluice.container" . | nindent 2 }}
  command: [python, manage.py, set_up, --wait]
  env:
    {{- include "sluice.environment" . | nindent 4 }}
  resources:
    requests: {cpu: 50m, memory: 256Mi}
    limits: {memory: 512Mi}
{{- end }}

{{/* So that pods are made anew when what they are told has changed. */}}
{{- define "sluice.told" -}}
sluice/settings: {{ include (print .Template.BasePath "/settings.yaml") . | sha256sum }}
{{- end }}

{{- define "sluice.name" -}}
{{- if contains "sluice" .Release.Name }}{{ .Release.Name }}{{ else }}{{ .Release.Name }}-sluice{{ end }}
{{- end }}

{{/* The labels by which parts are chosen: they never change. Takes a list: the chart, the part. */}}
{{- define "sluice.chosen" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "sluice.labels" -}}
{{ include "sluice.chosen" . }}
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
helm.sh/chart: {{ (index . 0).Chart.Name }}-{{ (index . 0).Chart.Version }}
{{- end }}

{{- define "sluice.image" -}}
{{ .Values.image.repository }}{{ if contains "@" .Values.image.repository }}{{ else }}:{{ .Values.image.tag }}{{ end }}
{{- end }}

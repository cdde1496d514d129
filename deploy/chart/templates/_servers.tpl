{{/* A server of one pod, with a disk and a service. Takes a dict: chart, part, port, container (YAML), volumes (YAML). */}}
{{- define "sluice.server" -}}
{{- $root := .chart }}
{{- $values := get $root.Values .part }}
{{- $name := printf "%s-%s" (include "sluice.name" $root) .part }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ $name }}
  labels:
    {{- include "sluice.labels" (list $root .part) | nindent 4 }}
spec:
  replicas: 1
  serviceName: {{ $name }}
  selector:
    matchLabels:
      {{- include "sluice.chosen" (list $root .part) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "sluice.chosen" (list $root .part) | nindent 8 }}
    spec:
      {{- include "sluice.pod" (list $root $values.user) | nindent 6 }}
      {{- include "sluice.placed" $root | nindent 6 }}
      automountServiceAccountToken: false
      containers:
        - name: {{ .part }}
          image: {{ $values.image }}
          securityContext:
            {{- include "sluice.confined" $root | nindent 12 }}
          ports:
            - {name: {{ .part }}, containerPort: {{ .port }}}
          resources: {{ toJson $values.resources }}
          {{- .container | nindent 10 }}
      volumes:
        - name: tmp
          emptyDir: {sizeLimit: 64Mi}
        {{- with .volumes }}
        {{- . | nindent 8 }}
        {{- end }}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with $values.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources: {requests: {storage: {{ $values.storage }}}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ $name }}
  labels:
    {{- include "sluice.labels" (list $root .part) | nindent 4 }}
spec:
  selector:
    {{- include "sluice.chosen" (list $root .part) | nindent 4 }}
  ports:
    - {name: {{ .part }}, port: {{ .port }}, targetPort: {{ .part }}}
{{- end }}

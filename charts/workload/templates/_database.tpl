{{/*
A throw-away database: its Secret, Service and Deployment, in the sync wave before all that needs it.
Argument: {root, component, port, settings: its part of the values, secret: data of the Secret, container: what
is particular to its container, folders: {name: path} that it writes to}.

A Deployment, though it holds data: the data is thrown away anyway, and a Deployment says when it can't start, which a
StatefulSet never does.
*/}}
{{- define "workload.database" -}}
{{- $root := .root }}
{{- $name := printf "%s-%s" $root.Release.Name .component }}
{{- $metadata := include "workload.databaseMetadata" . }}
{{- $deadline := $root.Values.progressDeadlineSeconds | default 600 | int64 }}
apiVersion: v1
kind: Secret
metadata:
  {{- $metadata | nindent 2 }}
type: Opaque
data:
  {{- range $key, $value := .secret }}
  {{ $key }}: {{ $value | b64enc | quote }}
  {{- end }}
---
apiVersion: v1
kind: Service
metadata:
  {{- $metadata | nindent 2 }}
spec:
  type: ClusterIP
  selector:
    {{- include "workload.selectorLabels" . | nindent 4 }}
  ports:
    - name: {{ .component }}
      port: {{ .port }}
      targetPort: {{ .component }}
      protocol: TCP
---
apiVersion: apps/v1
kind: Deployment
metadata:
  {{- $metadata | nindent 2 }}
spec:
  replicas: {{ ternary 0 1 ($root.Values.asleep | default false) }}
  progressDeadlineSeconds: {{ $deadline }}
  revisionHistoryLimit: 0
  strategy:
    type: Recreate
  selector:
    matchLabels:
      {{- include "workload.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "workload.podLabels" . | nindent 8 }}
      annotations:
        checksum/{{ .component }}: {{ .secret | toJson | sha256sum | quote }}
    spec:
      {{- include "workload.podDefaults" $root | nindent 6 }}
      securityContext:
        {{- include "workload.podSecurityContext" .settings | nindent 8 }}
      terminationGracePeriodSeconds: 10
      containers:
        - name: {{ .component }}
          image: {{ required (printf "%s.image is needed: the image of the database" .component) .settings.image | quote }}
          {{- .container | trim | nindent 10 }}
          ports:
            - name: {{ .component }}
              containerPort: {{ .port }}
              protocol: TCP
          startupProbe:
            {{- .serves | trim | nindent 12 }}
            periodSeconds: 1
            failureThreshold: {{ $deadline }}
          readinessProbe:
            {{- .serves | trim | nindent 12 }}
            periodSeconds: 10
            failureThreshold: 3
          livenessProbe:
            {{- .serves | trim | nindent 12 }}
            periodSeconds: 10
            failureThreshold: 6
          {{- with .settings.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          securityContext:
            {{- include "workload.containerSecurityContext" true | nindent 12 }}
          volumeMounts:
            {{- range $folder, $path := .folders }}
            - name: {{ $folder }}
              mountPath: {{ $path }}
            {{- end }}
      volumes:
        {{- range $folder, $_ := .folders }}
        - name: {{ $folder }}
          emptyDir: {}
        {{- end }}
{{- end }}

{{- define "workload.databaseMetadata" -}}
name: {{ printf "%s-%s" .root.Release.Name .component | quote }}
namespace: {{ .root.Release.Namespace | quote }}
labels:
  {{- include "workload.labels" . | nindent 2 }}
annotations:
  argocd.argoproj.io/sync-wave: '-2'
{{- end }}

{{/*
The same each time that Argo CD renders, so it follows from what the environment is: enough for data that is thrown away
and that only the namespace can reach. Argument: {root, component}.
*/}}
{{- define "workload.password" -}}
{{- $id := (.root.Values.blueberry).environmentId | default "" }}
{{- printf "%s/%s/%s/%s" .root.Release.Namespace .root.Release.Name $id .component | sha256sum | trunc 32 }}
{{- end }}

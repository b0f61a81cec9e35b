/**
 * What a dashboard of Touchstone may be: Grafana's published types, with the options of each kind of panel that is
 * used here, and the queries of the three data sources, which publish no types of their own.
 */
import type * as schema from '@grafana/schema';
import type * as BarGauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as Stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as StateTimeline from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as Table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as TimeSeries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as XYChart from '@grafana/schema/dist/esm/raw/composable/xychart/panelcfg/x/XYChartPanelCfg_types.gen';

/** A type as JSON writes it: the names of enums are plain strings. */
type Json<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends Array<infer U>
      ? Array<Json<U>>
      : T extends object
        ? { [K in keyof T]: Json<T[K]> }
        : T;

type Some<T, K extends keyof T> = T & Required<Pick<T, K>>;

// ---- queries

interface PrometheusQuery {
  refId: string;
  datasource: { type: 'prometheus'; uid: '${prometheus}' };
  editorMode: 'code';
  expr: string;
  instant: boolean;
  range: boolean;
  format: 'time_series' | 'table';
  legendFormat?: string;
}

/** Infinity 3, type JSON. */
interface InfinityQuery {
  refId: string;
  datasource: { type: 'yesoreyeram-infinity-datasource'; uid: '${api}' };
  type: 'json';
  source: 'url';
  parser: 'backend';
  format: 'table';
  url: string;
  url_options: { method: 'GET'; data: ''; params?: Array<{ key: string; value: string }> };
  root_selector: string;
  columns: Array<{ selector: string; text: string; type: 'string' | 'number' | 'boolean' | 'timestamp' | 'timestamp_epoch' }>;
  filters: [];
}

/** The Kafka data source, 1.5. */
interface KafkaQuery {
  refId: string;
  datasource: { type: 'hamedkarbasi93-kafka-datasource'; uid: '${kafka}' };
  topicName: string;
  partition: 'all' | number;
  autoOffsetReset: 'earliest' | 'latest' | 'lastN';
  lastN?: number;
  timestampMode: 'message' | 'now';
  messageFormat: 'json';
}

type Query = PrometheusQuery | InfinityQuery | KafkaQuery;

// ---- panels

type PanelBase = Some<
  Omit<Json<schema.Panel>, 'type' | 'options' | 'fieldConfig' | 'targets'>,
  'id' | 'title' | 'description' | 'gridPos' | 'datasource'
>;

interface PanelOf<Kind extends string, Options, Custom = never> extends PanelBase {
  type: Kind;
  targets: Query[];
  options: Json<Options>;
  fieldConfig: {
    defaults: Omit<Json<schema.FieldConfig>, 'custom'> & { custom?: Json<Custom> };
    overrides: Json<schema.FieldConfigSource>['overrides'];
  };
}

type Panel =
  | PanelOf<'bargauge', BarGauge.Options>
  | PanelOf<'stat', Stat.Options>
  | PanelOf<'state-timeline', StateTimeline.Options, StateTimeline.FieldConfig>
  | PanelOf<'table', Table.Options, Table.FieldConfig>
  | PanelOf<'timeseries', TimeSeries.Options, TimeSeries.FieldConfig>
  | PanelOf<'xychart', XYChart.Options, XYChart.FieldConfig>;

// ---- variables and marks

type VariableBase = Some<
  Omit<Json<schema.VariableModel>, 'type' | 'query' | 'datasource'>,
  'label' | 'description'
>;

type Variable =
  | (VariableBase & { type: 'datasource'; query: string })
  | (VariableBase & {
      type: 'query';
      datasource: PrometheusQuery['datasource'];
      query: { refId: string; qryType: 1; query: string };
    })
  | (VariableBase & {
      type: 'query';
      datasource: InfinityQuery['datasource'];
      query: { refId: string; queryType: 'infinity'; query: ''; infinityQuery: InfinityQuery };
    });

type Mark = Omit<Json<schema.AnnotationQuery>, 'target'> & {
  target: PrometheusQuery;
  titleFormat: string;
  textFormat: string;
  tagKeys: string;
  useValueForTime: false;
};

export type Dashboard = Some<
  Omit<Json<schema.Dashboard>, 'panels' | 'annotations' | 'templating'>,
  'uid' | 'title' | 'description' | 'tags' | 'links' | 'schemaVersion'
> & {
  panels: Array<Panel | Json<schema.RowPanel>>;
  annotations: { list: Mark[] };
  templating: { list: Variable[] };
};

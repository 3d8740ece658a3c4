"""The findings and the account's own rates for SQL: a Glue database with two tables, and an Athena workgroup with the saved queries.

There is no crawler: Athena works the partitions out of the table's properties (partition projection). Whoever queries brings rights of
their own: to Athena in this workgroup, to read the tables, and to read findings/ and rates/ and write athena-results/ in the bucket.
"""

from __future__ import annotations

import re

from aws_cdk import Aws, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_glue as glue
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_app.constructs import saved_queries
from cdk_app.settings.settings import DeploymentSettings
from functions.core.rank import dataset

DESCRIPTIONS = {
    "findings": "One row a finding and run, FOCUS column names",
    "rates": "One row a usage type, region and run: the account's own rate beside the list price",
}
RESULTS = "athena-results/"
ENGINE = "Athena engine version 3"
"""The one that is Trino: the saved queries are written for it. https://docs.aws.amazon.com/athena/latest/ug/engine-versions.html"""
JSON_SERDE = "org.apache.hive.hcatalog.data.JsonSerDe"
"""Takes a key for a column whatever its case. AWS names it as the way around the other one, OpenX's, which may lose or double rows.

https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
"""
TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


def database_name(stack: Stack) -> str:
    """Athena takes small letters, digits and underscores. https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html"""
    return re.sub(r"[^a-z0-9]", "_", stack.stack_name.lower())


class Dataset(Construct):
    """`database_name` and `workgroup_name` are what a query needs to name; the tables are always `findings` and `rates`."""

    def __init__(self, scope: Construct, id: str, settings: DeploymentSettings, bucket: s3.IBucket) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.database_name = database_name(stack)
        self.workgroup_name = stack.stack_name
        database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(name=self.database_name, description="What the FinOps Analyzer found"),
        )
        for logical_id, name in (("Table", "findings"), ("Rates", "rates")):
            table = glue.CfnTable(
                self,
                logical_id,
                catalog_id=Aws.ACCOUNT_ID,
                database_name=self.database_name,
                table_input=_table(bucket, settings.run_retention_days, name),
            )
            table.add_resource_dependency(database)
        workgroup = athena.CfnWorkGroup(
            self,
            "WorkGroup",
            name=self.workgroup_name,
            description="SQL over the findings of the FinOps Analyzer",
            state="ENABLED",
            recursive_delete_option=True,
            work_group_configuration=_workgroup(bucket, settings.athena_bytes_limit),
        )
        for query in saved_queries.saved().values():
            athena.CfnNamedQuery(
                self,
                query.name,
                name=query.name,
                description=query.description,
                query_string=query.sql,
                database=self.database_name,
                work_group=self.workgroup_name,
            ).add_resource_dependency(workgroup)


def _table(bucket: s3.IBucket, days: int, name: str) -> glue.CfnTable.TableInputProperty:
    """`days`: how long its rows are kept, and so how far back a query without a date looks."""
    day = f"projection.{dataset.PARTITION}"
    return glue.CfnTable.TableInputProperty(
        name=name,
        description=DESCRIPTIONS[name],
        table_type="EXTERNAL_TABLE",
        parameters={
            "EXTERNAL": "TRUE",
            "classification": "json",
            "projection.enabled": "true",
            f"{day}.type": "date",
            f"{day}.format": "yyyy-MM-dd",
            f"{day}.range": f"NOW-{days}DAYS,NOW",
        },
        partition_keys=[glue.CfnTable.ColumnProperty(name=dataset.PARTITION, type="string", comment="UTC day of the run, YYYY-MM-DD")],
        storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
            columns=[glue.CfnTable.ColumnProperty(name=column.lower(), type=type_) for column, type_ in dataset.TABLES[name].items()],
            location=bucket.s3_url_for_object(f"{name}/"),
            input_format=TEXT_INPUT,
            output_format=TEXT_OUTPUT,
            serde_info=glue.CfnTable.SerdeInfoProperty(serialization_library=JSON_SERDE),
        ),
    )


def _workgroup(bucket: s3.IBucket, bytes_limit: int) -> athena.CfnWorkGroup.WorkGroupConfigurationProperty:
    """Enforced: what a client asks for otherwise, another place for results or none of the limit, is overruled."""
    return athena.CfnWorkGroup.WorkGroupConfigurationProperty(
        enforce_work_group_configuration=True,
        publish_cloud_watch_metrics_enabled=True,
        bytes_scanned_cutoff_per_query=bytes_limit,
        engine_version=athena.CfnWorkGroup.EngineVersionProperty(selected_engine_version=ENGINE),
        result_configuration=athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=bucket.s3_url_for_object(RESULTS),
            encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(encryption_option="SSE_S3"),
        ),
    )

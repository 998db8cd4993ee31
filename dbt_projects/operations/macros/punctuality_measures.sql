{#
    What every punctuality mart measures of a group of flights.

    On time is what the US Department of Transportation calls so: arrived at the gate less than 15 minutes late.
    Cancelled and diverted flights are not on time. Means are over the flights that have the delay.
#}
{% macro punctuality_measures() -%}
    cast(count(*) as integer) as scheduled_flights,
    cast(count(case when flight_status = 'cancelled' then 1 end) as integer) as cancelled_flights,
    cast(count(case when flight_status = 'diverted' then 1 end) as integer) as diverted_flights,
    cast(count(case when departure_delay_minutes >= 15 then 1 end) as integer) as delayed_departures,
    cast(count(case when arrival_delay_minutes < 15 then 1 end) as integer) as on_time_arrivals,
    round(count(case when flight_status = 'cancelled' then 1 end) / cast(count(*) as double), 4) as cancellation_rate,
    round(count(case when arrival_delay_minutes < 15 then 1 end) / cast(count(*) as double), 4) as on_time_rate,
    round(avg(cast(departure_delay_minutes as double)), 2) as mean_departure_delay_minutes,
    round(avg(cast(arrival_delay_minutes as double)), 2) as mean_arrival_delay_minutes
{%- endmacro %}

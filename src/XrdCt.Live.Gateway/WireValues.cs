using Google.Protobuf.Collections;

namespace XrdCt.Live.Gateway;

/// <summary>Between the messages of the wire and our types. What comes over the wire is believed in nothing: not in its enums, not in its times.</summary>
internal static class WireValues
{
    // As the gateway has it.
    private const int MostItems = 65_536;

    // The year 2100.
    private const long LargestTime_ns = 4_102_444_800_000_000_000;

    public static Wire.Value Number(double value) => new() { Numbers = new Wire.Numbers { Items = { value } } };

    public static Wire.AttributeName Name(TangoAttribute attribute) => new() { Device = attribute.Device, Attribute = attribute.Name };

    public static Wire.Action Action(TangoAction action)
    {
        var told = new Wire.Action { Device = action.Device };
        if (action is StageMove)
        {
            told.Attribute = action.Member;
        }
        else
        {
            told.Command = action.Member;
        }

        if (action.Value is double value)
        {
            told.Value = Number(value);
        }

        return told;
    }

    /// <summary>A reading; null where what came is none.</summary>
    public static TangoReading? Reading(Wire.AttributeReading told)
    {
        TangoAttribute attribute;
        try
        {
            attribute = new TangoAttribute(told.Name?.Device ?? "", told.Name?.Attribute ?? "");
        }
        catch (ArgumentException)
        {
            return null;
        }

        string? error = told.Error is null ? null : Shown($"{told.Error.Reason}: {told.Error.Description}");
        return new TangoReading
        {
            Attribute = attribute,
            Value = Value(told.Value),
            SetValue = Value(told.SetValue),
            Quality = Enum.IsDefined((TangoQuality)told.Quality) ? (TangoQuality)told.Quality : TangoQuality.Invalid,
            At = Time(told.TimeNs),
            Error = error,
            IsEvent = told.IsEvent,
        };
    }

    /// <summary>A value; null where there is none, or one that contradicts its own size.</summary>
    public static TangoValue? Value(Wire.Value? told)
    {
        object[]? items = told?.ItemsCase switch
        {
            Wire.Value.ItemsOneofCase.Numbers => Boxed(told.Numbers.Items),
            Wire.Value.ItemsOneofCase.Integers => Boxed(told.Integers.Items),
            Wire.Value.ItemsOneofCase.Naturals => Boxed(told.Naturals.Items),
            Wire.Value.ItemsOneofCase.Truths => Boxed(told.Truths.Items),
            Wire.Value.ItemsOneofCase.Texts => Boxed(told.Texts.Items),
            Wire.Value.ItemsOneofCase.States => Boxed(told.States.Items, s => State(s)),
            _ => null,
        };
        if (items is null)
        {
            return null;
        }

        long expected = (told!.Columns, told.Rows) switch
        {
            (0, 0) => items.Length <= 1 ? items.Length : -1,
            (uint columns, 0) => columns,
            (uint columns, uint rows) => (long)columns * rows,
        };
        return expected == items.Length ? new TangoValue(items, (int)told.Columns, (int)told.Rows) : null;
    }

    public static TangoState State(Wire.State told) => Enum.IsDefined((TangoState)told) ? (TangoState)told : TangoState.Unknown;

    /// <summary>A time of the wire, UTC; null for none.</summary>
    public static DateTimeOffset? Time(long told_ns) => told_ns is > 0 and < LargestTime_ns
        ? DateTimeOffset.UnixEpoch.AddTicks(told_ns / 100)
        : null;

    /// <summary>A text of the wire as it may stand in a message: one line, and not a long one.</summary>
    public static string Shown(string text)
    {
        const int Longest = 300;
        string line = new([.. text.Take(Longest).Select(c => char.IsControl(c) ? ' ' : c)]);
        return line.TrimEnd(' ', '.');
    }

    private static object[]? Boxed<T>(RepeatedField<T> items, Func<T, object>? convert = null) =>
        items.Count > MostItems ? null : [.. items.Select(i => convert is null ? i! : convert(i))];
}

using System.Globalization;

namespace XrdCt.Live.Gateway;

/// <summary>A value of Tango: a scalar, a spectrum (one axis) or an image (row-major).</summary>
/// <param name="Items">
/// Numbers as <see cref="double"/>, integers as <see cref="long"/>, DevULong64 as <see cref="ulong"/>, booleans, texts, or
/// <see cref="TangoState"/>; all items of one value are of one type.
/// </param>
/// <param name="Columns">Items along the fast axis; 0 for a scalar.</param>
/// <param name="Rows">Rows of an image; 0 for a scalar or a spectrum.</param>
public sealed record TangoValue(IReadOnlyList<object> Items, int Columns = 0, int Rows = 0)
{
    /// <summary>Whether it is a single value.</summary>
    public bool IsScalar => Columns == 0 && Rows == 0 && Items.Count == 1;

    /// <summary>The one number that it is (a boolean is 0 or 1); NaN where it is none.</summary>
    public double Number => !IsScalar ? double.NaN : Items[0] switch
    {
        double number => number,
        long integer => integer,
        ulong natural => natural,
        bool truth => truth ? 1 : 0,
        _ => double.NaN,
    };

    /// <summary>The one text that it is; null where it is none.</summary>
    public string? Text => IsScalar ? Items[0] as string : null;

    /// <summary>The one state that it is; null where it is none.</summary>
    public TangoState? State => IsScalar ? Items[0] as TangoState? : null;

    /// <summary>The value, or how much of it there is.</summary>
    public override string ToString() => IsScalar
        ? Convert.ToString(Items[0], CultureInfo.InvariantCulture) ?? ""
        : Rows > 0 ? $"{Rows} × {Columns} items" : $"{Items.Count} items";
}

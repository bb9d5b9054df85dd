namespace XrdCt.Live.Model.Scans;

/// <summary>How the stages move through a scan.</summary>
/// <param name="Order">Order of the lines.</param>
/// <param name="IsZigzag">Whether every other line runs backwards; never with <see cref="ScanOrder.ContinuousRotation"/> or
/// <see cref="ScanOrder.Positions"/>.</param>
public readonly record struct ScanPath(ScanOrder Order, bool IsZigzag = false)
{
    private const string Backwards = "-zigzag";

    private static readonly (string Name, ScanOrder Order)[] Orders =
    [
        ("translation-fast", ScanOrder.TranslationFast),
        ("rotation-fast", ScanOrder.RotationFast),
        ("continuous-rotation", ScanOrder.ContinuousRotation),
        ("interlaced", ScanOrder.Interlaced),
        ("bit-reversed", ScanOrder.BitReversed),
        ("golden", ScanOrder.Golden),
        ("positions", ScanOrder.Positions),
    ];

    /// <summary>Paths by the names that configurations, command lines and files use; case does not matter.</summary>
    public static IReadOnlyDictionary<string, ScanPath> ByName { get; } = Orders
        .SelectMany(o => new[] { KeyValuePair.Create(o.Name, new ScanPath(o.Order)), KeyValuePair.Create(o.Name + Backwards, new ScanPath(o.Order, true)) })
        .Where(p => p.Value.IsPossible)
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>Name: <c>interlaced</c>, <c>rotation-fast-zigzag</c>.</summary>
    public string Name
    {
        get
        {
            ScanOrder order = Order;
            return Array.Find(Orders, o => o.Order == order).Name + (IsZigzag ? Backwards : "");
        }
    }

    /// <summary>True where a line runs over rotations, false where over translations.</summary>
    public bool LinesRunOverRotations => Order is ScanOrder.RotationFast or ScanOrder.ContinuousRotation;

    internal bool IsPossible => !(IsZigzag && Order is (ScanOrder.ContinuousRotation or ScanOrder.Positions));

    /// <summary>A path without backward lines.</summary>
    public static implicit operator ScanPath(ScanOrder order) => new(order);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
